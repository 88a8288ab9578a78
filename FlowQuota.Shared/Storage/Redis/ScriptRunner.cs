using FlowQuota.Settings;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace FlowQuota.Storage.Redis;

/// <summary>
/// Runs scripts by their digest. Each script carries the run id of the server that it was loaded into, so after a restart
/// or a fail-over the server does not know it (NOSCRIPT), and only then the new run id is asked for: a state that was
/// loaded under an earlier run is never mistaken for a current one, at no cost to the call.
/// </summary>
internal sealed partial class ScriptRunner : IDisposable
{
    private readonly RedisServer _server;
    private readonly RedisKeyspace _keyspace;
    private readonly SharedSettings _shared;
    private readonly ILogger<ScriptRunner> _logger;
    private readonly ScriptLibrary?[] _libraries;
    private readonly ServerClock[] _clocks;
    private readonly SemaphoreSlim _loading = new(1);

    public ScriptRunner(RedisServer server, RedisKeyspace keyspace, SharedSettings shared, TimeProvider time, ILogger<ScriptRunner> logger)
    {
        (_server, _keyspace, _shared, _logger) = (server, keyspace, shared, logger);
        _libraries = new ScriptLibrary?[keyspace.Partitions];
        _clocks = [.. Enumerable.Range(0, keyspace.Partitions).Select(_ => new ServerClock(time))];
        // Servers before Redis 7 may keep scripts over a restart; asking anew after each reconnect covers them.
        server.Restored += (_, _) => Array.Clear(_libraries);
    }

    /// <summary>The run of a server as it is known now, <c>run_id</c>; '' = not yet. What is run next may meet a later one.</summary>
    public string RunOf(int partition) => Volatile.Read(ref _libraries[partition])?.RunId ?? "";

    /// <summary>The clock of the server of a partition, read a moment ago.</summary>
    public ValueTask<ServerClock> ClockAsync(int partition)
    {
        var clock = _clocks[partition];
        return clock.IsFresh && Volatile.Read(ref _libraries[partition]) is not null ? new ValueTask<ServerClock>(clock) : new(ReadClockAsync(partition));
    }

    /// <summary>Reads the clock of the server of a partition.</summary>
    public async Task<ServerClock> ReadClockAsync(int partition)
    {
        // Loading reads it, too.
        if (Volatile.Read(ref _libraries[partition]) is null)
            await LoadAsync(partition).ConfigureAwait(false);
        else
            await ReadClockAsync(partition, await ServerOfAsync(partition).ConfigureAwait(false)).ConfigureAwait(false);
        return _clocks[partition];
    }

    private async Task ReadClockAsync(int partition, IServer server) =>
        _clocks[partition].Set(new DateTimeOffset(await server.TimeAsync().ConfigureAwait(false), TimeSpan.Zero).ToUnixTimeMilliseconds());

    private Task<IServer> ServerOfAsync(int partition) => _server.ServerOfAsync(_keyspace.Outbox(Outbox.OutboxKind.Sync, partition));

    /// <summary>Runs a script and gives up waiting after <see cref="RedisServer.Timeout"/>, or the time given.</summary>
    /// <exception cref="StoreUnavailableException">Redis cannot be reached or did not answer in time.</exception>
    public async Task<RedisValue[]> RunAsync(
        RedisScript script, int partition, RedisKey[] keys, RedisValue[] arguments, TimeSpan? timeout = null)
    {
        try
        {
            return await EvaluateAsync(script, partition, keys, arguments).WaitAsync(timeout ?? _server.Timeout).ConfigureAwait(false);
        }
        catch (Exception e) when (RedisServer.IsUnavailable(e))
        {
            throw new StoreUnavailableException("Redis", e);
        }
    }

    /// <summary>Runs a script and waits for as long as the client does; fails as the client fails.</summary>
    public async Task<RedisValue[]> EvaluateAsync(RedisScript script, int partition, RedisKey[] keys, RedisValue[] arguments)
    {
        for (int attempt = 1; ; attempt++)
        {
            var library = Volatile.Read(ref _libraries[partition]) ?? await LoadAsync(partition).ConfigureAwait(false);
            try
            {
                var reply = await SendAsync(library.Hash(script), keys, arguments).ConfigureAwait(false);
                return (RedisValue[]?)reply ?? [];
            }
            catch (RedisServerException e) when (attempt < 3 && e.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
            {
                Interlocked.CompareExchange(ref _libraries[partition], null, library);
            }
        }
    }

    public void Dispose() => _loading.Dispose();

    // No closure for a server without a gate.
    private Task<RedisResult> SendAsync(byte[] hash, RedisKey[] keys, RedisValue[] arguments) => _server.Gate is null
        ? _server.Database.ScriptEvaluateAsync(hash, keys, arguments)
        : SendThroughGateAsync(_server.Gate, hash, keys, arguments);

    private Task<RedisResult> SendThroughGateAsync(ICommitGate gate, byte[] hash, RedisKey[] keys, RedisValue[] arguments) =>
        gate.RunAsync(() => _server.Database.ScriptEvaluateAsync(hash, keys, arguments));

    private async Task<ScriptLibrary> LoadAsync(int partition)
    {
        await _loading.WaitAsync().ConfigureAwait(false);
        try
        {
            if (Volatile.Read(ref _libraries[partition]) is { } loadedMeanwhile)
                return loadedMeanwhile;

            await CheckSettingsAsync().ConfigureAwait(false);
            var server = await ServerOfAsync(partition).ConfigureAwait(false);
            ScriptLibrary library;
            string runId = await ReadRunIdAsync(server).ConfigureAwait(false);
            do
            {
                library = new ScriptLibrary(runId);
                foreach (string text in library.Texts)
                    await server.ScriptLoadAsync(text).ConfigureAwait(false);
                // Restarted between the question and the loading: these scripts would vouch for the wrong run.
                runId = await ReadRunIdAsync(server).ConfigureAwait(false);
            }
            while (runId != library.RunId);

            await ReadClockAsync(partition, server).ConfigureAwait(false);
            LogLoaded(_logger, partition, runId);
            Volatile.Write(ref _libraries[partition], library);
            return library;
        }
        finally
        {
            _loading.Release();
        }
    }

    /// <summary>An instance that is set up differently must not run a script.</summary>
    private async Task CheckSettingsAsync()
    {
        try
        {
            await _shared.CheckAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (SettingException e)
        {
            throw new StoreUnavailableException("Redis", e);
        }
    }

    private async Task<string> ReadRunIdAsync(IServer server)
    {
        string info = (string?)await server.ExecuteAsync("INFO", "server").ConfigureAwait(false) ?? "";
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
        "Redis does not tell its run_id: a restart that loses the last second of writes is noticed at the next sync only")]
    private static partial void LogNoRunId(ILogger logger);
}
