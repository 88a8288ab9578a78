using FlowQuota.Errors;
using FlowQuota.Ledger;
using FlowQuota.Redis;
using FlowQuota.Telemetry;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Drains;

/// <summary>Removes loaded states that are older than SQL's, left by a Redis that lost its last writes.</summary>
public sealed partial class StaleStateEviction(
    ScriptRunner scripts, RedisKeyspace keyspace, FlowQuotaMetrics metrics, ILogger<StaleStateEviction> logger)
{
    /// <summary>
    /// Removes a token's state, so that the next call loads it again, unless it is not older than SQL's after all.
    /// </summary>
    /// <param name="tokenId">The public id.</param>
    /// <param name="inSql">The last change in SQL.</param>
    /// <exception cref="StoreUnavailableException">Redis cannot be reached.</exception>
    public async Task EvictAsync(string tokenId, LedgerPosition inSql)
    {
        var reply = await scripts.RunAsync(RedisScript.EvictStale, keyspace.PartitionOf(tokenId), keyspace.ForLoad(tokenId),
            [tokenId, inSql.Epoch, inSql.Seq]);
        if ((string?)reply[0] != "evicted")
            return;
        metrics.StaleStateEvicted();
        LogEvicted(logger, tokenId, inSql.Epoch, inSql.Seq);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message =
        "Removed a quota of {TokenId} from Redis that was older than SQL's ({Epoch}, {Seq}); the next call loads it again")]
    private static partial void LogEvicted(ILogger logger, string tokenId, int epoch, long seq);
}
