using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Garnet;

namespace FlowQuota.SelfHost.Embedded;

/// <summary>
/// Garnet in this process, in the place of a Redis server: on the loopback address, behind a password of this run, with
/// scripts that run alone and an append-only log that is written before a command is answered.
/// </summary>
internal sealed class EmbeddedRedis : IDisposable
{
    private const int MinPoolThreads = 64;

    private readonly GarnetServer _server;

    private EmbeddedRedis(GarnetServer server, string connection)
    {
        (_server, Connection) = (server, connection);
    }

    /// <summary>How StackExchange.Redis connects to it.</summary>
    public string Connection { get; }

    /// <summary>Starts it over the state that an earlier run left in the folder.</summary>
    public static EmbeddedRedis Start(string folder)
    {
        Directory.CreateDirectory(folder);
        // Waiting for the log holds a pool thread; with few cores the pool would otherwise grow by one a second.
        ThreadPool.SetMinThreads(MinPoolThreads, MinPoolThreads);
        string port = FreePort().ToString(CultureInfo.InvariantCulture);
        string password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var server = new GarnetServer(
        [
            "--bind", "127.0.0.1", "--port", port, "--auth", "Password", "--password", password,
            // Without the transaction mode a script is not alone with its keys.
            "--lua", "--lua-transaction-mode",
            // A command is answered when the operating system has its log: a killed process forgets nothing.
            "--aof", "--aof-commit-wait", "--recover", "--checkpointdir", folder,
            // The native storage device wants a newer C library than long-lived distributions have.
            "--device-type", "RandomAccess",
            // Garnet's defaults are a server's; this is a guest.
            "--memory", "256m", "--page", "4m", "--index", "16m", "--aof-memory", "32m", "--aof-page-size", "8m",
            "--aof-size-limit", "64m",
            "--logger-level", "Error", "-q",
        ]);
        server.Start();
        return new EmbeddedRedis(server, $"127.0.0.1:{port},password={password}");
    }

    public void Dispose() => _server.Dispose();

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
