using System.Net;
using System.Net.Sockets;

namespace FlowQuota.Tests.Crash;

/// <summary>
/// Ports below the range that systems hand out for outgoing connections, so that nothing takes the port of a server that a
/// test stops and starts again.
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
                // Somebody has it.
            }
        }
    }
}
