using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace FlowQuota.Redis;

/// <summary>
/// At the start, checks that Redis writes its append-only file, and turns it on if that is allowed. Otherwise logs what to
/// set. Never fails the start. docs/operations.md quotes the log lines.
/// </summary>
public sealed partial class RedisPersistenceCheck(RedisServer redis, ILogger<RedisPersistenceCheck> logger) : BackgroundService
{
    /// <summary>The last result, shown in the health response; null until a server was asked.</summary>
    public string? AppendOnly { get; private set; }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // After a reconnect the server may be another one, or have another configuration.
        var due = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        void OnRestored(object? sender, EventArgs e) => due.Writer.TryWrite(true);

        redis.Restored += OnRestored;
        try
        {
            due.Writer.TryWrite(true);
            await foreach (bool _ in due.Reader.ReadAllAsync(stoppingToken))
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

        if (await EvictingPolicyAsync(server) is { } policy)
            LogMayEvict(logger, policy);
    }

    /// <summary>
    /// The policy by which a server may evict keys, and with them quotas; null if none may be evicted, or if it is not known.
    /// </summary>
    internal async Task<string?> EvictingPolicyAsync()
    {
        try
        {
            return (await Task.WhenAll(redis.Servers.Select(EvictingPolicyAsync))).FirstOrDefault(policy => policy is not null);
        }
        catch (Exception e) when (RedisServer.IsUnavailable(e))
        {
            throw RedisServer.Unavailable(e);
        }
    }

    private static async Task<string?> EvictingPolicyAsync(IServer server) =>
        await GetAsync(server, "maxmemory-policy") is { } policy && policy is not ("noeviction" or "") ? policy : null;

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
            // CONFIG is not allowed here; the caller reports that.
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
