using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace FlowQuota.Storage.Redis;

/// <summary>
/// At the start, checks that Redis writes its append-only file and turns it on where that is allowed; says what to set
/// where it is not. Never fails the start. The log lines are what the runbook greps for (contract, section 4).
/// </summary>
public sealed partial class RedisPersistenceCheck(RedisServer redis, ILogger<RedisPersistenceCheck> logger) : BackgroundService
{
    /// <summary>What was last seen, for the health answer; null until a server could be asked.</summary>
    public string? AppendOnly { get; private set; }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // A server that came back may be another one, or may have read another configuration.
        var due = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        void OnRestored(object? sender, EventArgs e) => due.Writer.TryWrite(true);

        redis.Restored += OnRestored;
        try
        {
            due.Writer.TryWrite(true);
            await foreach (var _ in due.Reader.ReadAllAsync(stoppingToken))
                await CheckAllAsync();
        }
        finally
        {
            redis.Restored -= OnRestored;
        }
    }

    private async Task CheckAllAsync()
    {
        try
        {
            var servers = redis.Servers.ToList();
            if (servers.Count == 0)
                LogUnreachable(logger);
            foreach (var server in servers)
                await CheckAsync(server);
        }
        catch (Exception e) when (e is RedisException or TimeoutException or ObjectDisposedException)
        {
            LogCannotAsk(logger, e.Message.ReplaceLineEndings(" "));
        }
    }

    private async Task CheckAsync(IServer server)
    {
        string endpoint = server.EndPoint.ToString() ?? "";
        string? appendOnly = await GetAsync(server, "appendonly");
        string? fsync = await GetAsync(server, "appendfsync");
        LogCheck(logger, endpoint, appendOnly ?? "unknown", fsync ?? "unknown");
        if (appendOnly is null)
        {
            AppendOnly = "unknown";
            LogManaged(logger, "reading its configuration is not allowed");
            return;
        }

        if (appendOnly != "yes" && await TrySetAsync(server, "appendonly", "yes"))
            appendOnly = "yes";
        if (fsync is "no" && await TrySetAsync(server, "appendfsync", "everysec"))
            fsync = "everysec";
        AppendOnly = appendOnly;
        if (appendOnly == "yes")
        {
            LogEnabled(logger);
            LogState(logger, appendOnly, fsync ?? "unknown");
        }

        if (await GetAsync(server, "maxmemory-policy") is { } policy && policy is not ("noeviction" or ""))
            LogMayEvict(logger, policy);
    }

    private async Task<bool> TrySetAsync(IServer server, string name, string value)
    {
        try
        {
            await server.ConfigSetAsync(name, value);
        }
        catch (RedisServerException e)
        {
            LogManaged(logger, e.Message.ReplaceLineEndings(" "));
            return false;
        }

        try
        {
            await server.ConfigRewriteAsync();
        }
        catch (RedisServerException e)
        {
            LogNotRewritten(logger, name, value, e.Message.ReplaceLineEndings(" "));
        }

        return true;
    }

    private static async Task<string?> GetAsync(IServer server, string name)
    {
        try
        {
            var found = await server.ConfigGetAsync(name);
            return found.Length > 0 ? found[0].Value : null;
        }
        catch (RedisServerException)
        {
            // CONFIG is not allowed here; told by the caller.
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Redis AOF check of {Endpoint}: appendonly={AppendOnly} appendfsync={AppendFsync}")]
    private static partial void LogCheck(ILogger logger, string endpoint, string appendOnly, string appendFsync);

    [LoggerMessage(Level = LogLevel.Information, Message = "Redis AOF persistence enabled")]
    private static partial void LogEnabled(ILogger logger);

    [LoggerMessage(Level = LogLevel.Information, Message = "Redis AOF state: appendonly={AppendOnly} appendfsync={AppendFsync}")]
    private static partial void LogState(ILogger logger, string appendOnly, string appendFsync);

    [LoggerMessage(Level = LogLevel.Warning, Message =
        "Redis AOF could not be turned on from here ({Reason}). Set appendonly yes and appendfsync everysec in the server's configuration, or data persistence to AOF in the managed service")]
    private static partial void LogManaged(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message =
        "Redis AOF: {Name} {Value} is in force but not in the server's file ({Reason}); set it there too, or a restart forgets it")]
    private static partial void LogNotRewritten(ILogger logger, string name, string value, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Redis may evict keys (maxmemory-policy {Policy}); set noeviction, or quotas are loaded from SQL again and again")]
    private static partial void LogMayEvict(ILogger logger, string policy);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Redis AOF check waits: no server is connected")]
    private static partial void LogUnreachable(ILogger logger);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Redis AOF check failed: {Reason}")]
    private static partial void LogCannotAsk(ILogger logger, string reason);
}
