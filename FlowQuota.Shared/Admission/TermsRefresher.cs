using FlowQuota.Errors;
using FlowQuota.Ledger;
using FlowQuota.Redis;
using FlowQuota.Telemetry;
using FlowQuota.Tokens;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace FlowQuota.Admission;

/// <summary>
/// Reloads the terms of tokens in use from SQL about once a minute (one instance at a time), to pick up manual SQL edits and
/// changes whose write to Redis failed. Calls do not wait for it.
/// </summary>
public sealed partial class TermsRefresher(
    ITokenStore tokens, QuotaLedger ledger, ScriptRunner scripts, RedisKeyspace keyspace, TimeProvider time, ILogger<TermsRefresher> logger)
    : BackgroundService
{
    /// <summary>Terms older than this are read again; they stay in force until then.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(60);

    // Tokens that were loaded together are due together. Redis runs nothing else while it compares, for some 0.5 ms.
    private const int MostTogether = 100;

    private readonly OutageLog _notRefreshed = new(TimeProvider.System);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var stale = ledger.StaleTerms;
        while (await stale.WaitToReadAsync(stoppingToken))
        {
            HashSet<string> together = new(StringComparer.Ordinal);
            while (together.Count < MostTogether && stale.TryRead(out string? tokenId))
                together.Add(tokenId);
            await RefreshAsync([.. together], stoppingToken);
        }
    }

    private async Task RefreshAsync(string[] tokenIds, CancellationToken cancellationToken)
    {
        try
        {
            var stored = await tokens.FindAsync(tokenIds, cancellationToken);
            foreach (string removed in tokenIds.Except(stored.Select(token => token.TokenId)))
                await ledger.DeleteAsync(removed);
            foreach (var partition in stored.GroupBy(token => keyspace.PartitionOf(token.TokenId)))
            {
                foreach (var token in await FindOthersAsync(partition.Key, [.. partition]))
                    await ledger.ChangeAsync(token, QuotaOperation.None, amount: null, Guid.CreateVersion7().ToString());
            }
        }
        catch (StoreUnavailableException e)
        {
            // The known terms stay in force; a caller a minute later triggers the next attempt.
            if (_notRefreshed.Count(tokenIds.Length) is > 0 and var count)
                LogNotRefreshed(logger, count, e.Store, tokenIds[^1]);
        }
        catch (Exception e) when (e is not OperationCanceledException && tokenIds.Length == 1)
        {
            LogFailed(logger, tokenIds[0], e);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // What is damaged for one token must not end the refreshing of all others.
            foreach (string tokenId in tokenIds)
                await RefreshAsync([tokenId], cancellationToken);
        }
    }

    /// <summary>The tokens whose terms in Redis are others; nearly always none.</summary>
    private async Task<IEnumerable<AccessToken>> FindOthersAsync(int partition, AccessToken[] stored)
    {
        var now = time.GetUtcNow().UtcDateTime;
        RedisKey[] keys = [.. stored.SelectMany(token => new[] { keyspace.Quota(token.TokenId), keyspace.Token(token.TokenId) })];
        RedisValue[] terms = [.. stored.SelectMany(token => TermsFormat.Write(token, now))];
        var others = await scripts.RunAsync(RedisScript.CompareTerms, partition, keys, terms);
        return others.Select(number => stored[(int)number - 1]);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Terms of {Count} tokens could not be refreshed since the last such line: {Store} is unavailable; the last was {TokenId}")]
    private static partial void LogNotRefreshed(ILogger logger, int count, string store, string tokenId);

    [LoggerMessage(Level = LogLevel.Error, Message = "Refreshing the terms of {TokenId} failed")]
    private static partial void LogFailed(ILogger logger, string tokenId, Exception exception);
}
