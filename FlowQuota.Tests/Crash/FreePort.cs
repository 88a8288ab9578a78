using System.Net;
using System.Net.Sockets;

namespace FlowQuota.Tests.Crash;

/// <summary>
/// Ports below the range that systems use for outgoing connections, so that no other program takes the port of a server that
/// a test stops and starts again.
/// </summary>
public static class FreePort
{
    public static int Next()
    {
        while (true)
        {
            int port = Random.Shared.Next(20_000, 32_000);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // The port is taken.
            }
        }
    }
}
