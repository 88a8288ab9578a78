using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Crash;
using StackExchange.Redis;

namespace FlowQuota.Tests.Servers;

/// <summary>A Redis of a test's own, to be stopped, killed, paused and started again on the same port and folder.</summary>
public sealed class OwnRedis : IAsyncDisposable
{
    private readonly string[] _options;
    private readonly string _port;
    private Process _server;

    private OwnRedis(string port, string[] options)
    {
        (_port, _options) = (port, options);
        _server = Launch();
    }

    /// <summary>The folder of its append-only file.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("flowquota-redis-").FullName;

    /// <summary>A StackExchange.Redis configuration.</summary>
    public string Connection => $"127.0.0.1:{_port}";

    /// <summary>Its port, on the loopback.</summary>
    public int Port => int.Parse(_port, CultureInfo.InvariantCulture);

    /// <summary>Starts one that has every answered write on disk.</summary>
    public static Task<OwnRedis> StartDurableAsync() => StartAsync("--appendonly", "yes", "--appendfsync", "always");

    /// <summary>Starts one that has answered writes on disk a second later, as the app sets it.</summary>
    public static Task<OwnRedis> StartEverySecondAsync() => StartAsync("--appendonly", "yes", "--appendfsync", "everysec");

    /// <summary>Starts one that loses everything when it stops.</summary>
    public static Task<OwnRedis> StartForgetfulAsync() => StartAsync("--appendonly", "no");

    public async Task StartAgainAsync()
    {
        _server = Launch();
        await AnswersAsync();
    }

    /// <summary>Ends it at once, as a crash does.</summary>
    public async Task KillAsync()
    {
        _server.Kill();
        await _server.WaitForExitAsync();
        _server.Dispose();
    }

    /// <summary>The length of the append-only file, once all answered writes are in it.</summary>
    public async Task<long> FileLengthAsync()
    {
        await Eventually.TrueAsync(async () => ((string?)await ExecuteAsync("INFO", "persistence"))!.Contains("aof_buffer_length:0\r", StringComparison.Ordinal));
        return AppendOnlyFile.Length;
    }

    /// <summary>Ends it as a power failure does: the end of the append-only file, which was not yet synced, is not on disk.</summary>
    /// <param name="synced">Of the file's length, how much is.</param>
    public async Task LosePowerAsync(Func<long, long> synced)
    {
        await KillAsync();
        await using var file = AppendOnlyFile.OpenWrite();
        file.SetLength(Math.Clamp(synced(file.Length), 0, file.Length));
    }

    private FileInfo AppendOnlyFile =>
        new DirectoryInfo(Folder).EnumerateFiles("*.incr.aof", SearchOption.AllDirectories).Single();

    /// <summary>Stops its replies for a while; later commands run afterwards.</summary>
    public async Task PauseAsync(TimeSpan time)
    {
        // By hand, because a client of the library sends QUIT before it disconnects, and would wait for the reply.
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, int.Parse(_port, CultureInfo.InvariantCulture));
        using var reader = new StreamReader(client.GetStream());
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $"CLIENT PAUSE {time.TotalMilliseconds:F0} ALL\r\n")));
        if (await reader.ReadLineAsync() is not "+OK")
            throw new InvalidOperationException("Redis would not pause.");
    }

    /// <summary>Stops its process for a while, at any point of its work; its clock is right afterwards.</summary>
    public async Task FreezeAsync(TimeSpan time)
    {
        await OwnProcess.RunAsync("kill", "-STOP", _server.Id.ToString(CultureInfo.InvariantCulture));
        try
        {
            await Task.Delay(time);
        }
        finally
        {
            await OwnProcess.RunAsync("kill", "-CONT", _server.Id.ToString(CultureInfo.InvariantCulture));
        }
    }

    /// <summary>Runs one command on a connection of its own.</summary>
    public async Task<RedisResult> ExecuteAsync(string command, params object[] arguments)
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync($"{Connection},allowAdmin=true");
        return await connection.GetDatabase().ExecuteAsync(command, arguments);
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private static async Task<OwnRedis> StartAsync(params string[] options)
    {
        // Below the range that systems use for outgoing connections, so that no other program takes the port while it is down.
        var redis = new OwnRedis(FreePort().ToString(CultureInfo.InvariantCulture), options);
        await redis.AnswersAsync();
        return redis;
    }

    private static int FreePort()
    {
        while (true)
        {
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, Random.Shared.Next(20_000, 32_000));
                listener.Start();
                return ((IPEndPoint)listener.LocalEndpoint).Port;
            }
            catch (SocketException)
            {
                // The port is taken; try another one.
            }
        }
    }

    private Process Launch() => Process.Start(new ProcessStartInfo(TestServers.RedisServer,
        ["--bind", "127.0.0.1", "--port", _port, "--dir", Folder, "--save", "", "--logfile", Path.Combine(Folder, "redis.log"), .. _options]))!;

    private Task AnswersAsync() => Eventually.TrueAsync(async () =>
    {
        try
        {
            return (string?)await ExecuteAsync("PING") == "PONG";
        }
        catch (RedisException)
        {
            // Not yet listening, or still reading its file.
            return false;
        }
    });
}
