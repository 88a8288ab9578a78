using FlowQuota.Storage;
using FlowQuota.Storage.Redis;
using FlowQuota.Telemetry;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Quotas;

/// <summary>Removes ghosts: loaded states that are older than what SQL has, left by a Redis that lost its last writes.</summary>
public sealed partial class GhostEviction
{
    private readonly ScriptRunner _scripts;
    private readonly RedisKeyspace _keyspace;
    private readonly FlowQuotaMetrics _metrics;
    private readonly ILogger<GhostEviction> _logger;

    internal GhostEviction(ScriptRunner scripts, RedisKeyspace keyspace, FlowQuotaMetrics metrics, ILogger<GhostEviction> logger)
    {
        (_scripts, _keyspace, _metrics, _logger) = (scripts, keyspace, metrics, logger);
    }

    /// <summary>Removes a token's state, so that the next call loads it anew, unless it is newer than SQL's after all.</summary>
    /// <param name="tokenId">The public id.</param>
    /// <param name="inSql">The last change that SQL knows.</param>
    /// <exception cref="StoreUnavailableException">Redis cannot be reached.</exception>
    public async Task EvictAsync(string tokenId, LedgerPosition inSql)
    {
        var reply = await _scripts.RunAsync(RedisScript.EvictGhost, _keyspace.PartitionOf(tokenId), _keyspace.ForLoad(tokenId),
            [tokenId, inSql.Epoch, inSql.Seq]);
        if ((string?)reply[0] != "evicted")
            return;
        _metrics.GhostEvicted();
        LogEvicted(_logger, tokenId, inSql.Epoch, inSql.Seq);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message =
        "Removed a quota of {TokenId} from Redis that was older than SQL's ({Epoch}, {Seq}); the next call loads it anew")]
    private static partial void LogEvicted(ILogger logger, string tokenId, int epoch, long seq);
}
