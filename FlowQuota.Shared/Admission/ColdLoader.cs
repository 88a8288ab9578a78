using System.Collections.Concurrent;
using FlowQuota.Errors;
using FlowQuota.Ledger;
using FlowQuota.Outbox;
using FlowQuota.Redis;
using FlowQuota.Reservations;
using FlowQuota.Telemetry;
using FlowQuota.Tokens;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace FlowQuota.Admission;

/// <summary>
/// Loads a token that Redis does not hold from SQL. Three rules keep a quota from being granted twice: the load is
/// announced in Redis before SQL is read; its epoch is given to no other load; and it is put in place only if its
/// announcement still stands (docs/decisions/0002).
/// </summary>
public sealed partial class ColdLoader(
    ScriptRunner scripts, RedisKeyspace keyspace, ITokenStore tokens, DoorbellSender doorbells, OutboxSettings settings,
    FlowQuotaMetrics metrics, TimeProvider time, ILogger<ColdLoader> logger) : IDisposable
{
    private const int MaxLoadsAtOnce = 16;

    // Loads of invented legacy tokens must not block loads of ids that carry their own proof (docs/decisions/0010).
    private const int MaxUnverifiedLoadsAtOnce = 4;
    private static readonly TimeSpan LoadWait = TimeSpan.FromMilliseconds(800);
    private static readonly TimeSpan GiveWay = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan UnknownTimeToLive = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, Lazy<Task<ColdLoadResult>>> _loads = new();
    private readonly SemaphoreSlim _slots = new(MaxLoadsAtOnce);
    private readonly SemaphoreSlim _unverifiedSlots = new(MaxUnverifiedLoadsAtOnce);

    /// <summary>Loads a token, or joins a load of it that is under way in this process.</summary>
    /// <param name="tokenId">The public id.</param>
    /// <param name="isUnverified">True if nothing proves that this service issued the id. Few such loads run at once.</param>
    /// <exception cref="StoreUnavailableException">Redis or SQL cannot be reached, or too many loads wait.</exception>
    internal async Task<ColdLoadResult> LoadAsync(string tokenId, bool isUnverified = false)
    {
        var load = _loads.GetOrAdd(tokenId, id => new Lazy<Task<ColdLoadResult>>(
            () => isUnverified ? LoadInUnverifiedSlotAsync(id) : LoadInSlotAsync(id)));
        try
        {
            return await load.Value;
        }
        finally
        {
            _loads.TryRemove(new KeyValuePair<string, Lazy<Task<ColdLoadResult>>>(tokenId, load));
        }
    }

    /// <summary>
    /// Puts a token in place that was just made and that no caller has yet. Its ledger begins with the <c>init</c> row.
    /// </summary>
    internal Task PrimeAsync(AccessToken token) =>
        EndLoadAsync(token, nonce: "", Stored(token), new LedgerPosition(token.SyncedEpoch, token.SyncedSeq), []);

    /// <inheritdoc/>
    public void Dispose()
    {
        _slots.Dispose();
        _unverifiedSlots.Dispose();
    }

    private async Task<ColdLoadResult> LoadInUnverifiedSlotAsync(string tokenId)
    {
        if (!await _unverifiedSlots.WaitAsync(LoadWait))
            throw new StoreUnavailableException("SQL");
        try
        {
            return await LoadInSlotAsync(tokenId);
        }
        finally
        {
            _unverifiedSlots.Release();
        }
    }

    private async Task<ColdLoadResult> LoadInSlotAsync(string tokenId)
    {
        if (!await _slots.WaitAsync(LoadWait))
            throw new StoreUnavailableException("SQL");
        try
        {
            using var activity = FlowQuotaMetrics.Activities.StartActivity("flowquota.cold_load")?.SetTag("flowquota.token_id", tokenId);
            var result = await LoadOnceAsync(tokenId);
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
            [tokenId, nonce, (long)GiveWay.TotalMilliseconds]);
        switch ((string?)begun[0])
        {
            case "hot": return ColdLoadResult.Loaded;
            case "busy": return ColdLoadResult.Busy;
            case "unknown": return ColdLoadResult.Unknown;
        }

        var (waiting, earlier) = (QuotaSnapshot.Parse(tokenId, begun[1]), QuotaSnapshot.Parse(tokenId, begun[2]));
        int seenEpoch = Math.Max(waiting?.Position.Epoch ?? 0, earlier?.Position.Epoch ?? 0);
        var cold = await tokens.TakeEpochAsync(tokenId, seenEpoch, CancellationToken.None);
        if (cold is null)
        {
            await scripts.RunAsync(RedisScript.Delete, partition, keyspace.ForLoad(tokenId),
                [tokenId, (long)UnknownTimeToLive.TotalMilliseconds]);
            return ColdLoadResult.Unknown;
        }

        var newest = Newest(cold, waiting, earlier);
        var result = await EndLoadAsync(cold.Token, nonce, newest with { Position = new LedgerPosition(cold.Token.QuotaEpoch, 0) },
            cold.LastEntry?.Position ?? default, cold.OpenReservations);
        LogLoaded(logger, tokenId, cold.Token.QuotaEpoch, newest.Position.Epoch, newest.Position.Seq, result);
        return result;
    }

    /// <summary>
    /// The latest known state: of SQL, of its log (the two drains are independent), of the outbox, and of an earlier run.
    /// </summary>
    private static QuotaSnapshot Newest(ColdToken cold, params ReadOnlySpan<QuotaSnapshot?> inRedis)
    {
        var newest = Stored(cold.Token);
        if (cold.LastEntry is { } entry && entry.Position > newest.Position)
        {
            // If no total is stated, the log is ahead by calls only, or by rows of a version that did not state it. Those were
            // written to both tables before the response.
            int? total = entry.Remaining is null ? null : entry.Total ?? Math.Max(entry.Remaining.Value, newest.Total ?? 0);
            // A row that states a total also states the period.
            newest = newest with
            {
                Position = entry.Position,
                Remaining = entry.Remaining,
                Total = total,
                Period = entry.Total is null && entry.Remaining is not null ? newest.Period : entry.Period,
            };
        }

        foreach (var candidate in inRedis)
        {
            if (candidate is not null && candidate.Position >= newest.Position)
                newest = candidate;
        }

        return newest;
    }

    /// <summary>The state that <c>access_tokens</c> shows.</summary>
    private static QuotaSnapshot Stored(AccessToken token) => new(
        token.TokenId, new LedgerPosition(token.SyncedEpoch, token.SyncedSeq), token.RemainingQuota, token.TotalQuota, token.PeriodState);

    /// <summary>Puts a token in place.</summary>
    /// <param name="token">Its terms.</param>
    /// <param name="nonce">Names the load.</param>
    /// <param name="state">Its quota.</param>
    /// <param name="logged">The position of its newest row.</param>
    /// <param name="open">The reservations that are open after that row.</param>
    private async Task<ColdLoadResult> EndLoadAsync(
        AccessToken token, string nonce, QuotaSnapshot state, LedgerPosition logged, IReadOnlyList<Reservation> open)
    {
        int partition = keyspace.PartitionOf(token.TokenId);
        var ended = await scripts.RunAsync(RedisScript.LoadEnd, partition, keyspace.ForHolds(token.TokenId),
            [token.TokenId, nonce, state.Position.Epoch, state.Position.Seq, TermsFormat.ToRedis(state.Remaining), TermsFormat.ToRedis(state.Total),
                state.Period?.ToText() ?? "", .. TermsFormat.Write(token, time.GetUtcNow().UtcDateTime), (long)settings.SyncInterval.TotalMilliseconds,
                $"{logged.Epoch} {logged.Seq}", .. open.SelectMany(reservation => new RedisValue[] { reservation.Id, reservation.ToText() })]);
        switch ((string?)ended[0])
        {
            case "ok":
                doorbells.RingIfDue(partition, ended[1], ended[2]);
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
