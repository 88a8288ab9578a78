using FlowQuota.Errors;
using FlowQuota.Periods;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace FlowQuota.Redis;

/// <summary>
/// Runs scripts by SHA. The server's run_id is embedded in each script, so after a restart or fail-over Redis replies
/// NOSCRIPT and the run_id is read again. State from an earlier run is never mistaken for current state.
/// </summary>
public sealed partial class ScriptRunner : IDisposable
{
    private readonly RedisServer _server;
    private readonly RedisKeyspace _keyspace;
    private readonly IStoreGuard _guard;
    private readonly ILogger<ScriptRunner> _logger;
    private readonly ScriptClock? _scriptClock;
    private readonly ScriptLibrary?[] _libraries;
    private readonly ServerClock[] _clocks;
    private readonly SemaphoreSlim _loading = new(1);

    /// <summary>Runs scripts on the servers of a keyspace.</summary>
    public ScriptRunner(
        RedisServer server, RedisKeyspace keyspace, IStoreGuard guard, TimeProvider time, ILogger<ScriptRunner> logger, ScriptClock? scriptClock = null)
    {
        (_server, _keyspace, _guard, _logger, _scriptClock) = (server, keyspace, guard, logger, scriptClock);
        _libraries = new ScriptLibrary?[keyspace.Partitions];
        _clocks = [.. Enumerable.Range(0, keyspace.Partitions).Select(_ => new ServerClock(time))];
        // Servers before Redis 7 keep scripts over a restart and copy them to replicas, so the run_id is read again whenever a
        // connection was lost or restored.
        server.Lost += (_, _) => Array.Clear(_libraries);
        server.Restored += (_, _) => Array.Clear(_libraries);
    }

    /// <summary>The run_id of a server. Empty if unknown. May be outdated by the time the next script runs.</summary>
    internal string RunOf(int partition) => Volatile.Read(ref _libraries[partition])?.RunId ?? "";

    /// <summary>The clock of a partition's server, as last read.</summary>
    internal ValueTask<ServerClock> ClockAsync(int partition)
    {
        var clock = _clocks[partition];
        return clock.IsFresh && Volatile.Read(ref _libraries[partition]) is not null ? new ValueTask<ServerClock>(clock) : new(ReadClockAsync(partition));
    }

    /// <summary>Reads the clock of the server of a partition.</summary>
    internal async Task<ServerClock> ReadClockAsync(int partition)
    {
        // Loading the scripts reads the clock, too.
        if (Volatile.Read(ref _libraries[partition]) is null)
            await LoadAsync(partition);
        else
            await ReadClockAsync(partition, await ServerOfAsync(partition));
        return _clocks[partition];
    }

    private async Task ReadClockAsync(int partition, IServer server) =>
        _clocks[partition].Set(UnixTime.Of(await server.TimeAsync()));

    private Task<IServer> ServerOfAsync(int partition) => _server.ServerOfAsync(_keyspace.Outbox(OutboxKind.Sync, partition));

    /// <summary>Runs a script and gives up waiting after <see cref="RedisServer.Timeout"/>, or the time given.</summary>
    /// <exception cref="StoreUnavailableException">Redis cannot be reached or did not answer in time.</exception>
    internal async Task<RedisValue[]> RunAsync(
        RedisScript script, int partition, RedisKey[] keys, RedisValue[] arguments, TimeSpan? timeout = null)
    {
        try
        {
            return await EvaluateAsync(script, partition, keys, arguments).WaitAsync(timeout ?? _server.Timeout);
        }
        catch (Exception e) when (RedisServer.IsUnavailable(e))
        {
            throw new StoreUnavailableException("Redis", e);
        }
    }

    /// <summary>Runs a script with the client's own timeout, and throws the client's exceptions.</summary>
    internal async Task<RedisValue[]> EvaluateAsync(RedisScript script, int partition, RedisKey[] keys, RedisValue[] arguments)
    {
        for (int attempt = 1; ; attempt++)
        {
            var library = Volatile.Read(ref _libraries[partition]) ?? await LoadAsync(partition);
            try
            {
                var reply = await SendAsync(library.Hash(script), keys, arguments);
                return (RedisValue[]?)reply ?? [];
            }
            catch (RedisServerException e) when (attempt < 3 && e.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
            {
                Interlocked.CompareExchange(ref _libraries[partition], null, library);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _loading.Dispose();

    // No closure for a server without a gate.
    private Task<RedisResult> SendAsync(byte[] hash, RedisKey[] keys, RedisValue[] arguments) => _server.Gate is null
        ? _server.Database.ScriptEvaluateAsync(hash, keys, arguments)
        : SendThroughGateAsync(_server.Gate, hash, keys, arguments);

    private Task<RedisResult> SendThroughGateAsync(ICommitGate gate, byte[] hash, RedisKey[] keys, RedisValue[] arguments) =>
        gate.RunAsync(() => _server.Database.ScriptEvaluateAsync(hash, keys, arguments));

    private async Task<ScriptLibrary> LoadAsync(int partition)
    {
        await _loading.WaitAsync();
        try
        {
            if (Volatile.Read(ref _libraries[partition]) is { } loadedMeanwhile)
                return loadedMeanwhile;

            await CheckSettingsAsync();
            var server = await ServerOfAsync(partition);
            ScriptLibrary library;
            string runId = await ReadRunIdAsync(server);
            do
            {
                library = new ScriptLibrary(runId, _scriptClock);
                foreach (string text in library.Texts)
                    await server.ScriptLoadAsync(text);
                // The server restarted between the two commands: these scripts have the wrong run_id.
                runId = await ReadRunIdAsync(server);
            }
            while (runId != library.RunId);

            await ReadClockAsync(partition, server);
            LogLoaded(_logger, partition, runId);
            Volatile.Write(ref _libraries[partition], library);
            return library;
        }
        finally
        {
            _loading.Release();
        }
    }

    /// <summary>Checks the shared settings: an instance with other settings must not run a script.</summary>
    private async Task CheckSettingsAsync()
    {
        try
        {
            await _guard.CheckAsync(CancellationToken.None);
        }
        catch (SettingException e)
        {
            throw new StoreUnavailableException("Redis", e);
        }
    }

    private async Task<string> ReadRunIdAsync(IServer server)
    {
        string info = (string?)await server.ExecuteAsync("INFO", "server") ?? "";
        foreach (var line in info.AsSpan().EnumerateLines())
        {
            if (line.StartsWith("run_id:", StringComparison.Ordinal) && line.Length > 7 && !line[7..].ContainsAnyExcept(HexDigits))
                return line[7..].ToString();
        }

        LogNoRunId(_logger);
        return "unknown";
    }

    private static readonly System.Buffers.SearchValues<char> HexDigits = System.Buffers.SearchValues.Create("0123456789abcdef");

    [LoggerMessage(Level = LogLevel.Debug, Message = "Scripts loaded into Redis partition {Partition}, run {RunId}")]
    private static partial void LogLoaded(ILogger logger, int partition, string runId);

    [LoggerMessage(Level = LogLevel.Warning, Message =
        "Redis hides run_id; a restart that loses writes is detected only at the next sync")]
    private static partial void LogNoRunId(ILogger logger);
}
