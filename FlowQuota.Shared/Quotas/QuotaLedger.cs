using System.Globalization;
using System.Threading.Channels;
using FlowQuota.Auditing;
using FlowQuota.Outbox;
using FlowQuota.Settings;
using FlowQuota.Storage;
using FlowQuota.Storage.Redis;
using FlowQuota.Telemetry;
using FlowQuota.Tokens;
using StackExchange.Redis;

namespace FlowQuota.Quotas;

/// <summary>
/// The live quotas in Redis. Each change is one script that decides, takes and records at once; a token that Redis does
/// not hold is loaded first.
/// </summary>
/// <remarks>Every member throws <see cref="StoreUnavailableException"/> when Redis, or SQL for a cold token, cannot be reached in time.</remarks>
public sealed class QuotaLedger
{
    private const int MaxAttempts = 20;
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(40);

    // Refunds without a key are not retried because the first attempt may have succeeded, so they get a longer timeout than admissions.
    private static readonly TimeSpan RefundTimeout = TimeSpan.FromSeconds(5);

    private readonly ScriptRunner _scripts;
    private readonly RedisKeyspace _keyspace;
    private readonly ColdLoader _loader;
    private readonly DoorbellRinger _doorbells;
    private readonly FlowQuotaMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly Channel<string> _stale =
        Channel.CreateBounded<string>(new BoundedChannelOptions(10_000) { FullMode = BoundedChannelFullMode.DropWrite });

    private readonly AdmissionLine[] _lines;
    private readonly long _patience;
    private readonly RedisValue _ringMilliseconds;

    internal QuotaLedger(ScriptRunner scripts, RedisKeyspace keyspace, ColdLoader loader, LateAdmissions late,
        DoorbellRinger doorbells, FlowQuotaSettings settings, FlowQuotaMetrics metrics, TimeProvider time)
    {
        (_scripts, _keyspace, _loader, _doorbells, _metrics, _time) = (scripts, keyspace, loader, doorbells, metrics, time);
        _patience = (long)(settings.RedisTimeout.TotalSeconds * time.TimestampFrequency);
        _ringMilliseconds = (long)settings.SyncInterval.TotalMilliseconds;
        var script = new AdmissionScript(scripts, keyspace, doorbells, _stale.Writer, settings, time);
        _lines =
        [
            .. Enumerable.Range(0, keyspace.Partitions).Select(partition =>
                new AdmissionLine(partition, script, (call, answer) => late.Undo(call, answer, RefundOnceAsync), time)),
        ];
    }

    /// <summary>Tokens whose terms are due to be read from SQL again; each is told to one reader.</summary>
    internal ChannelReader<string> StaleTerms => _stale.Reader;

    /// <summary>Decides one call and, where it is admitted, takes its cost and records it.</summary>
    /// <param name="token">Who calls.</param>
    /// <param name="cost">Units the call takes, 1 or more; 0 = only look, which takes and records nothing.</param>
    /// <param name="requestId">The request, 1-64 of <c>A-Za-z0-9._-</c>.</param>
    /// <param name="hasOutcome">Whether an outcome follows that is to be recorded, so that <see cref="Admission.Call"/> is needed.</param>
    public async Task<Admission> AdmitAsync(PresentedToken token, int cost, string requestId, bool hasOutcome = true)
    {
        using var activity = FlowQuotaMetrics.Activities.StartActivity("flowquota.admit");
        long started = _time.GetTimestamp();
        bool tellsEvent = hasOutcome && cost > 0;
        var admission = await AskAsync(token, cost, requestId, tellsEvent).ConfigureAwait(false)
            ?? await LoadAndAskAsync(token, cost, requestId, tellsEvent).ConfigureAwait(false)
            ?? new Admission(AdmissionStatus.Unknown);
        _metrics.Admitted(admission.Status, _time.GetElapsedTime(started));
        activity?.SetTag("flowquota.token_id", token.TokenId).SetTag("flowquota.status", admission.Status.ToString());
        return admission;
    }

    /// <summary>Gives the units of a call back because the platform was at fault.</summary>
    /// <returns>False where nothing was missing: the token is gone, has no quota, or was reset meanwhile.</returns>
    public async Task<bool> RefundAsync(AdmittedCall call) =>
        await RefundAsync(call, _keyspace.ForChange(call.TokenId)).ConfigureAwait(false) == RefundStatus.Done;

    /// <summary>Gives the units of a call back, once for each key, so that it may be tried until it is answered.</summary>
    private Task<RefundStatus> RefundOnceAsync(AdmittedCall call, string key) =>
        RefundAsync(call, _keyspace.ForChangeOnce(call.TokenId, IdempotencyKey.Of("refund", key, []).Hash));

    private async Task<RefundStatus> RefundAsync(AdmittedCall call, RedisKey[] keys)
    {
        string? status = await WithLoadAsync(call.TokenId, async () =>
        {
            var reply = await _scripts.RunAsync(RedisScript.Refund, _keyspace.PartitionOf(call.TokenId), keys,
                [call.TokenId, call.Cost, call.RequestId, _ringMilliseconds, (long)IdempotencyKey.TimeToLive.TotalMilliseconds],
                RefundTimeout).ConfigureAwait(false);
            if ((string?)reply[0] == "ok")
                _doorbells.RingWhereDue(_keyspace.PartitionOf(call.TokenId), reply[1], reply[2]);
            return (string?)reply[0] == "cold" ? null : (string?)reply[0];
        }).ConfigureAwait(false);
        return status switch
        {
            "ok" => RefundStatus.Done,
            "done" => RefundStatus.DoneBefore,
            _ => RefundStatus.NotNeeded,
        };
    }

    /// <summary>Puts an admin's change into force for every instance.</summary>
    /// <param name="terms">The token as SQL has it now; older terms never replace newer ones.</param>
    /// <param name="operation">What to do to the quota.</param>
    /// <param name="amount">How many calls; null for a reset to the old total.</param>
    /// <param name="requestId">The request.</param>
    /// <param name="key">Has the quota changed once, however often this is repeated under the key; null = each time.</param>
    /// <param name="findRow">
    /// For a repeat: finds the row of the change in SQL, in case Redis has lost the key but SQL has the change. It is asked
    /// again after each load, because a load is what brings such a change back. Null for a request that is not a repeat.
    /// </param>
    public async Task<QuotaChangeResult> ChangeAsync(
        AccessToken terms, QuotaOperation operation, int? amount, string requestId, IdempotencyKey? key = null,
        Func<Task<QuotaLogEntry?>>? findRow = null)
    {
        string tokenId = terms.TokenId;
        RedisKey[] keys = key is null ? _keyspace.ForChange(tokenId) : _keyspace.ForChangeOnce(tokenId, key.Hash);
        return await WithLoadAsync(tokenId, async () =>
        {
            var row = findRow is null || operation == QuotaOperation.None ? null : await findRow().ConfigureAwait(false);
            RedisValue[] arguments =
            [
                tokenId, requestId, _ringMilliseconds, OperationName(row is null ? operation : QuotaOperation.None), TermsFormat.Figure(amount),
                .. TermsFormat.Write(terms), key?.Fingerprint ?? "", (long)IdempotencyKey.TimeToLive.TotalMilliseconds,
            ];
            var reply = await _scripts.RunAsync(RedisScript.Change, _keyspace.PartitionOf(tokenId), keys, arguments).ConfigureAwait(false);
            return (string?)reply[0] switch
            {
                "cold" => null,
                "ok" when row is not null => ReadChange(tokenId, reply) with
                {
                    Status = QuotaChangeStatus.DoneBefore,
                    Snapshot = new QuotaSnapshot(tokenId, row.Position, row.QuotaAfter, row.TotalAfter),
                },
                "ok" => ReadChange(tokenId, reply),
                "done" => ReadDone(tokenId, reply),
                "mismatch" => new QuotaChangeResult(QuotaChangeStatus.Mismatch),
                "unmetered" => new QuotaChangeResult(QuotaChangeStatus.Unmetered),
                "unset" => new QuotaChangeResult(QuotaChangeStatus.Unset),
                "overflow" => new QuotaChangeResult(QuotaChangeStatus.Overflow),
                _ => new QuotaChangeResult(QuotaChangeStatus.Unknown),
            };
        }).ConfigureAwait(false) ?? new QuotaChangeResult(QuotaChangeStatus.Unknown);
    }

    /// <summary>Refuses a token from now on, on every instance, whatever SQL reads are still on their way.</summary>
    public Task DeleteAsync(string tokenId) =>
        _scripts.RunAsync(RedisScript.Delete, _keyspace.PartitionOf(tokenId), _keyspace.ForLoad(tokenId),
            [tokenId, (long)ScriptLibrary.TokenLife.TotalMilliseconds]);

    /// <summary>Makes sure that Redis holds the token's quota. False where there is no such token.</summary>
    public Task<bool> LoadAsync(string tokenId) => LoadAsync(tokenId, isUnproven: false);

    private async Task<bool> LoadAsync(string tokenId, bool isUnproven)
    {
        for (int i = 0; i < MaxAttempts; i++)
        {
            switch (await _loader.LoadAsync(tokenId, isUnproven).ConfigureAwait(false))
            {
                case ColdLoadResult.Loaded:
                    return true;
                case ColdLoadResult.Unknown:
                    return false;
                case ColdLoadResult.Busy:
                    await Task.Delay(RetryPause, _time).ConfigureAwait(false);
                    break;
            }
        }

        throw new StoreUnavailableException("Redis");
    }

    /// <summary>Puts a token in place that was just made, so that its first call is not a cold one.</summary>
    public Task PlaceNewAsync(AccessToken token) => _loader.PlaceNewAsync(token);

    /// <summary>Reads a live quota without loading it.</summary>
    /// <returns>Null where Redis does not hold it; SQL then has the latest, but for what waits in the outbox.</returns>
    public async Task<LiveQuota?> LookAsync(string tokenId) => (await LookAtLedgerAsync(tokenId).ConfigureAwait(false)).Quota;

    /// <summary>Reads where Redis stands with a token, without loading it.</summary>
    internal async Task<LiveLedger> LookAtLedgerAsync(string tokenId)
    {
        var reply = await _scripts.RunAsync(RedisScript.Look, _keyspace.PartitionOf(tokenId), _keyspace.ForLoad(tokenId), [tokenId])
            .ConfigureAwait(false);
        return (string?)reply[0] switch
        {
            "ok" => new LiveLedger(new LedgerPosition((int)reply[3], (long)reply[4]),
                new LiveQuota((int?)Figure(reply[1]), (int?)Figure(reply[2])), reply[5] == 1),
            "cold" => new LiveLedger(null,
                HotQuota.Parse(tokenId, reply[1]) is { } waiting ? new LiveQuota(waiting.Remaining, waiting.Total) : null,
                !reply[1].IsNullOrEmpty),
            _ => new LiveLedger(null, null, WaitsForSql: false),
        };
    }

    /// <summary>Records the way from where a token's records end to what is live.</summary>
    /// <param name="tokenId">The public id.</param>
    /// <param name="seen">Where Redis stood when the books were looked at.</param>
    /// <param name="logged">Calls left by the newest record; null = none.</param>
    /// <param name="note">Why, as <see cref="AuditEventFormat.Note"/> writes it.</param>
    /// <param name="requestId">The request.</param>
    /// <returns>Null where the token changed since, or is cold or gone: look again.</returns>
    internal async Task<QuotaChangeResult?> MendAsync(string tokenId, LedgerPosition seen, int? logged, string note, string requestId)
    {
        var reply = await _scripts.RunAsync(RedisScript.Mend, _keyspace.PartitionOf(tokenId), _keyspace.ForChange(tokenId),
            [tokenId, requestId, _ringMilliseconds, seen.Epoch, seen.Seq, TermsFormat.Figure(logged), note]).ConfigureAwait(false);
        return (string?)reply[0] == "ok" ? ReadChange(tokenId, reply) : null;
    }

    /// <summary>Asks for an admission once; null = the token is cold.</summary>
    private Task<Admission?> AskAsync(PresentedToken token, int cost, string requestId, bool tellsEvent)
    {
        var call = new WaitingCall(token, cost, requestId, tellsEvent, _time.GetTimestamp() + _patience);
        _lines[_keyspace.PartitionOf(token.TokenId)].Enter(call);
        return call.Answer;
    }

    private Task<Admission?> LoadAndAskAsync(PresentedToken token, int cost, string requestId, bool tellsEvent) =>
        LoadAndTryAsync(token.TokenId, () => AskAsync(token, cost, requestId, tellsEvent), token.IsLegacy);

    /// <summary>Tries, and where the attempt says (by null) that the token is cold, loads it and tries again; null = there is no such token.</summary>
    private async Task<T?> WithLoadAsync<T>(string tokenId, Func<Task<T?>> attempt)
        where T : class =>
        await attempt().ConfigureAwait(false) ?? await LoadAndTryAsync(tokenId, attempt).ConfigureAwait(false);

    /// <summary>Loads a token and tries, for as long as the attempt says (by null) that it is cold; null = there is no such token.</summary>
    private async Task<T?> LoadAndTryAsync<T>(string tokenId, Func<Task<T?>> attempt, bool isUnproven = false)
        where T : class
    {
        for (int i = 0; i < MaxAttempts; i++)
        {
            if (!await LoadAsync(tokenId, isUnproven).ConfigureAwait(false))
                return null;
            if (await attempt().ConfigureAwait(false) is { } done)
                return done;
        }

        throw new StoreUnavailableException("Redis");
    }

    private QuotaChangeResult ReadChange(string tokenId, RedisValue[] reply)
    {
        _doorbells.RingWhereDue(_keyspace.PartitionOf(tokenId), reply[3], reply[4]);
        if (reply[7].IsNullOrEmpty)
            return new QuotaChangeResult(QuotaChangeStatus.Done);

        var position = new LedgerPosition((int)reply[5], (long)reply[6]);
        var snapshot = new QuotaSnapshot(tokenId, position, (int?)Figure(reply[1]), (int?)Figure(reply[2]));
        return new QuotaChangeResult(QuotaChangeStatus.Done, snapshot, AuditEventFormat.Parse((string)reply[7]!));
    }

    private QuotaChangeResult ReadDone(string tokenId, RedisValue[] reply)
    {
        _doorbells.RingWhereDue(_keyspace.PartitionOf(tokenId), reply[3], reply[4]);
        var position = new LedgerPosition((int)reply[5], (long)reply[6]);
        return new QuotaChangeResult(QuotaChangeStatus.DoneBefore,
            new QuotaSnapshot(tokenId, position, (int?)Figure(reply[1]), (int?)Figure(reply[2])));
    }

    private static long? Figure(RedisValue value) =>
        value.IsNullOrEmpty ? null : long.Parse((string)value!, CultureInfo.InvariantCulture);

    private static string OperationName(QuotaOperation operation) => operation switch
    {
        QuotaOperation.None => "none",
        QuotaOperation.Add => "add",
        QuotaOperation.Set => "set",
        QuotaOperation.Reset => "reset",
    };
}
