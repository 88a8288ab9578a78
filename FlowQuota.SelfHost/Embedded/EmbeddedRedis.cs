using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using FlowQuota.Redis;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace FlowQuota.SelfHost.Embedded;

/// <summary>
/// Garnet in this process instead of a Redis server. Its replies survive a killed process, and a script is kept whole or
/// not at all (docs/decisions/0015). If its log cannot be written, because the disk is full, commands fail until it can be
/// written again; Garnet then restarts at its last commit.
/// </summary>
internal sealed partial class EmbeddedRedis : ICommitGate, IAsyncDisposable
{
    private const int MinPoolThreads = 64;

    // sockaddr_un.sun_path has 108 bytes on Linux and 104 on macOS, with a 0 at the end.
    private const int MaxSocketPathBytes = 103;

    // Written before each restart, because with less room the next commit would fail again.
    private const int NeededRoom = 256 * 1024;
    private const int AttemptsPerLine = 60;
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    // A value of a StackExchange.Redis configuration cannot contain these.
    private static readonly SearchValues<char> SeparatorsOfConfigurations = SearchValues.Create(", =");

    private readonly string _folder;
    private readonly string _socket;
    private readonly string? _socketFolder;
    private readonly string _password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
    private readonly RedisKeyspace _keyspace;
    private readonly long _maxLogBytes;
    private readonly CancellationTokenSource _stop = new();
    private EmbeddedGarnet? _garnet;
    private CommitGate? _gate;
    private Task _supervision = Task.CompletedTask;

    /// <param name="folder">The folder of its log and its checkpoints.</param>
    /// <param name="socketFolder">The folder of its socket; only its owner may open it.</param>
    /// <param name="partitions">The number of partitions of the keys.</param>
    /// <param name="maxLogBytes">A longer log is replaced by a checkpoint.</param>
    public EmbeddedRedis(string folder, string socketFolder, int partitions, long maxLogBytes)
    {
        (_folder, _keyspace, _maxLogBytes) = (folder, new RedisKeyspace(partitions), maxLogBytes);
        _socket = Path.Combine(socketFolder, "redis.sock");
        if (Encoding.UTF8.GetByteCount(_socket) > MaxSocketPathBytes || _socket.AsSpan().ContainsAny(SeparatorsOfConfigurations))
        {
            _socketFolder = Directory.CreateTempSubdirectory("flowquota-").FullName;
            _socket = Path.Combine(_socketFolder, "redis.sock");
        }

        Connection = $"!{_socket},password={_password}";
    }

    /// <summary>Raised after Garnet restarted: changes without a reply are lost, and so are leases and rings.</summary>
    public event EventHandler? Recovered;

    /// <summary>The configuration with which StackExchange.Redis connects.</summary>
    public string Connection { get; }

    /// <summary>Starts it over the state that an earlier run left in the folder.</summary>
    /// <param name="logger">Logs when Garnet fails, and when it runs again.</param>
    /// <exception cref="IOException">The folder cannot be read or written, or its content is damaged.</exception>
    public async Task StartAsync(ILogger logger)
    {
        // SQLite holds a pool thread while it works; with few cores the pool would otherwise grow by one a second.
        ThreadPool.SetMinThreads(MinPoolThreads, MinPoolThreads);
        try
        {
            Directory.CreateDirectory(_folder);
            await BeginAsync();
        }
        catch (Exception e)
        {
            throw new IOException($"The embedded Redis cannot start with {_folder}: {e.Message}", e);
        }

        _supervision = SuperviseAsync(logger);
    }

    /// <inheritdoc/>
    public Task<T> RunAsync<T>(Func<Task<T>> command) => Volatile.Read(ref _gate)!.RunAsync(command);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _supervision.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _garnet?.Dispose();
        _stop.Dispose();
        RemoveSocketFolder();
    }

    /// <summary>Removes the files of the constructor if Garnet is never started.</summary>
    public void RemoveSocketFolder()
    {
        if (_socketFolder is not null)
            Directory.Delete(_socketFolder, recursive: true);
    }

    private async Task SuperviseAsync(ILogger logger)
    {
        while (true)
        {
            var failure = await _gate!.Broken.WaitAsync(_stop.Token);
            LogBroken(logger, failure.Message.ReplaceLineEndings(" "));
            // Ends the connections too, so that no command is left waiting for its reply.
            _garnet!.Dispose();
            _garnet = null;
            await _gate.Drained.WaitAsync(_stop.Token);
            for (int attempt = 1; !await TryBeginAgainAsync(logger, attempt); attempt++)
                await Task.Delay(RetryPause, _stop.Token);
            LogRecovered(logger);
            Recovered?.Invoke(this, EventArgs.Empty);
        }
    }

    private async Task<bool> TryBeginAgainAsync(ILogger logger, int attempt)
    {
        try
        {
            await CheckRoomAsync();
            await BeginAsync();
            return true;
        }
        catch (Exception e)
        {
            if (attempt % AttemptsPerLine == 1)
                LogWaiting(logger, e.Message.ReplaceLineEndings(" "));
            return false;
        }
    }

    /// <summary>Starts Garnet at its last commit, removes the drain state of the previous run, and opens the gate.</summary>
    private async Task BeginAsync()
    {
        // Recovery reads the log; off this thread, because Garnet does so synchronously.
        var garnet = await Task.Run(() => EmbeddedGarnet.Start(_folder, _socket, _password));
        try
        {
            await RemoveDrainStateAsync();
            // The log must be writable before a caller relies on it.
            await garnet.CommitAsync();
        }
        catch
        {
            garnet.Dispose();
            throw;
        }

        _garnet = garnet;
        Volatile.Write(ref _gate, new CommitGate(garnet, _maxLogBytes));
    }

    /// <summary>Removes the leases and rings of earlier runs. The store has one process, so their owners no longer exist.</summary>
    private async Task RemoveDrainStateAsync()
    {
        var keys = from kind in Enum.GetValues<OutboxKind>()
                   from partition in Enumerable.Range(0, _keyspace.Partitions)
                   from key in new[] { _keyspace.Lease(kind, partition), _keyspace.Ring(kind, partition) }
                   select key;
        await using var connection = await ConnectionMultiplexer.ConnectAsync($"{Connection},connectTimeout=30000");
        await connection.GetDatabase().KeyDeleteAsync([.. keys]);
    }

    private async Task CheckRoomAsync()
    {
        string probe = Path.Combine(_folder, "room");
        try
        {
            await using var file = new FileStream(probe, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
            await file.WriteAsync(new byte[NeededRoom], _stop.Token);
        }
        finally
        {
            File.Delete(probe);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The embedded Redis cannot go on, calls are answered 503: {Reason}")]
    private static partial void LogBroken(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The embedded Redis cannot begin again yet, it is tried each second: {Reason}")]
    private static partial void LogWaiting(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The embedded Redis began again at its last commit")]
    private static partial void LogRecovered(ILogger logger);
}
