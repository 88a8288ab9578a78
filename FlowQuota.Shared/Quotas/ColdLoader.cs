using System.Collections.Concurrent;
using FlowQuota.Outbox;
using FlowQuota.Settings;
using FlowQuota.Storage;
using FlowQuota.Storage.Redis;
using FlowQuota.Telemetry;
using FlowQuota.Tokens;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Quotas;

/// <summary>
/// Loads a token that Redis does not hold from SQL. Three things keep a quota from being granted twice: the load is
/// announced in Redis before SQL is read, it takes an epoch that nobody else is given, and only a load whose
/// announcement still stands is put in place (docs/decisions/0002).
/// </summary>
internal sealed partial class ColdLoader(
    ScriptRunner scripts, RedisKeyspace keyspace, ITokenStore tokens, DoorbellRinger doorbells, FlowQuotaSettings settings,
    FlowQuotaMetrics metrics, ILogger<ColdLoader> logger) : IDisposable
{
    private const int MaxLoadsAtOnce = 16;

    // Legacy tokens that are made up cannot keep those from loading whose ids prove themselves (docs/decisions/0010).
    private const int MaxUnprovenLoadsAtOnce = 4;
    private static readonly TimeSpan LoadWait = TimeSpan.FromMilliseconds(800);
    private static readonly TimeSpan GiveWay = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan UnknownLife = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, Lazy<Task<ColdLoadResult>>> _loads = new();
    private readonly SemaphoreSlim _slots = new(MaxLoadsAtOnce);
    private readonly SemaphoreSlim _unprovenSlots = new(MaxUnprovenLoadsAtOnce);

    /// <summary>Loads a token, or joins the load of it that is under way in this process.</summary>
    /// <param name="tokenId">The public id.</param>
    /// <param name="isUnproven">True where nothing says that we ever gave this id out: few such loads run at once.</param>
    /// <exception cref="StoreUnavailableException">Redis or SQL cannot be reached, or too many loads wait.</exception>
    public async Task<ColdLoadResult> LoadAsync(string tokenId, bool isUnproven = false)
    {
        var load = _loads.GetOrAdd(tokenId, id => new Lazy<Task<ColdLoadResult>>(
            () => isUnproven ? LoadInUnprovenSlotAsync(id) : LoadInSlotAsync(id)));
        try
        {
            return await load.Value.ConfigureAwait(false);
        }
        finally
        {
            _loads.TryRemove(new KeyValuePair<string, Lazy<Task<ColdLoadResult>>>(tokenId, load));
        }
    }

    /// <summary>Puts a token in place that was just made and that nobody can know yet; its ledger stands at the <c>init</c> row.</summary>
    public Task PlaceNewAsync(AccessToken token) =>
        EndLoadAsync(token, nonce: "", new LedgerPosition(token.SyncedEpoch, token.SyncedSeq), token.RemainingQuota, token.TotalQuota);

    public void Dispose()
    {
        _slots.Dispose();
        _unprovenSlots.Dispose();
    }

    private async Task<ColdLoadResult> LoadInUnprovenSlotAsync(string tokenId)
    {
        if (!await _unprovenSlots.WaitAsync(LoadWait).ConfigureAwait(false))
            throw new StoreUnavailableException("SQL");
        try
        {
            return await LoadInSlotAsync(tokenId).ConfigureAwait(false);
        }
        finally
        {
            _unprovenSlots.Release();
        }
    }

    private async Task<ColdLoadResult> LoadInSlotAsync(string tokenId)
    {
        if (!await _slots.WaitAsync(LoadWait).ConfigureAwait(false))
            throw new StoreUnavailableException("SQL");
        try
        {
            using var activity = FlowQuotaMetrics.Activities.StartActivity("flowquota.cold_load")?.SetTag("flowquota.token_id", tokenId);
            var result = await LoadOnceAsync(tokenId).ConfigureAwait(false);
            activity?.SetTag("flowquota.result", result.ToString());
            metrics.ColdLoad(result.ToString());
            return result;
        }
        finally
        {
            _slots.Release();
        }
    }

    private async Task<ColdLoadResult> LoadOnceAsync(string tokenId)
    {
        string nonce = Guid.NewGuid().ToString("N");
        int partition = keyspace.PartitionOf(tokenId);
        var begun = await scripts.RunAsync(RedisScript.LoadBegin, partition, keyspace.ForLoad(tokenId),
            [tokenId, nonce, (long)GiveWay.TotalMilliseconds]).ConfigureAwait(false);
        switch ((string?)begun[0])
        {
            case "hot": return ColdLoadResult.Loaded;
            case "busy": return ColdLoadResult.Busy;
            case "unknown": return ColdLoadResult.Unknown;
        }

        var cold = await tokens.TakeEpochAsync(tokenId, CancellationToken.None).ConfigureAwait(false);
        if (cold is null)
        {
            await scripts.RunAsync(RedisScript.Delete, partition, keyspace.ForLoad(tokenId),
                [tokenId, (long)UnknownLife.TotalMilliseconds]).ConfigureAwait(false);
            return ColdLoadResult.Unknown;
        }

        var newest = Newest(cold, HotQuota.Parse(tokenId, begun[1]), HotQuota.Parse(tokenId, begun[2]));
        var result = await EndLoadAsync(
            cold.Token, nonce, new LedgerPosition(cold.Token.QuotaEpoch, 0), newest.Remaining, newest.Total).ConfigureAwait(false);
        LogLoaded(logger, tokenId, cold.Token.QuotaEpoch, newest.Position.Epoch, newest.Position.Seq, result);
        return result;
    }

    /// <summary>The latest state that anyone knows: SQL's, its log's (the drains are apart), what waits, what an earlier run left.</summary>
    private static QuotaSnapshot Newest(ColdToken cold, params ReadOnlySpan<QuotaSnapshot?> inRedis)
    {
        var token = cold.Token;
        var newest = new QuotaSnapshot(token.TokenId, new LedgerPosition(token.SyncedEpoch, token.SyncedSeq), token.RemainingQuota, token.TotalQuota);
        if (cold.LastEntry is { } entry && entry.Position > newest.Position)
        {
            // Without a stated total the log is ahead by calls alone, or by rows of a version that did not state it, and those
            // were written to both tables before they were answered.
            int? total = entry.Remaining is null ? null : entry.Total ?? Math.Max(entry.Remaining.Value, newest.Total ?? 0);
            newest = newest with { Position = entry.Position, Remaining = entry.Remaining, Total = total };
        }

        foreach (var candidate in inRedis)
        {
            if (candidate is not null && candidate.Position >= newest.Position)
                newest = candidate;
        }

        return newest;
    }

    private async Task<ColdLoadResult> EndLoadAsync(AccessToken token, string nonce, LedgerPosition position, int? remaining, int? total)
    {
        int partition = keyspace.PartitionOf(token.TokenId);
        var ended = await scripts.RunAsync(RedisScript.LoadEnd, partition, keyspace.ForChange(token.TokenId),
            [token.TokenId, nonce, position.Epoch, position.Seq, TermsFormat.Figure(remaining), TermsFormat.Figure(total),
                .. TermsFormat.Write(token), (long)settings.SyncInterval.TotalMilliseconds]).ConfigureAwait(false);
        switch ((string?)ended[0])
        {
            case "ok":
                doorbells.RingWhereDue(partition, ended[1], ended[2]);
                return ColdLoadResult.Loaded;
            case "unknown":
                return ColdLoadResult.Unknown;
            default:
                return ColdLoadResult.Busy;
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Loaded {TokenId} under epoch {Epoch} from ({FromEpoch}, {FromSeq}): {Result}")]
    private static partial void LogLoaded(ILogger logger, string tokenId, int epoch, int fromEpoch, long fromSeq, ColdLoadResult result);
}
