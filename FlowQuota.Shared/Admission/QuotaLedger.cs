using System.Globalization;
using System.Threading.Channels;
using FlowQuota.Errors;
using FlowQuota.Ledger;
using FlowQuota.Outbox;
using FlowQuota.Periods;
using FlowQuota.Redis;
using FlowQuota.Reservations;
using FlowQuota.Telemetry;
using FlowQuota.Tokens;
using StackExchange.Redis;

namespace FlowQuota.Admission;

/// <summary>
/// The live quotas in Redis. Each change is one script that decides, takes and records at once. A token that Redis does
/// not hold is loaded first.
/// </summary>
/// <remarks>Every member throws <see cref="StoreUnavailableException"/> when Redis, or SQL for a cold token, cannot be reached in time.</remarks>
public sealed class QuotaLedger
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(40);

    // Reservations that are over, a period, and reservations that were over in between.
    private const int MostTurns = 3;

    // A refund that comes late is better than one that is tried again, so it waits longer for its reply than an admission.
    private static readonly TimeSpan RefundTimeout = TimeSpan.FromSeconds(5);

    private readonly ScriptRunner _scripts;
    private readonly RedisKeyspace _keyspace;
    private readonly ColdLoader _loader;
    private readonly DueChanges _due;
    private readonly HoldScript _holds;
    private readonly LateAdmissionRefunder _late;
    private readonly DoorbellSender _doorbells;
    private readonly IdempotencySettings _idempotency;
    private readonly FlowQuotaMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly Channel<string> _stale =
        Channel.CreateBounded<string>(new BoundedChannelOptions(10_000) { FullMode = BoundedChannelFullMode.DropWrite });

    private readonly AdmissionBatcher[] _batchers;
    private readonly long _timeout;
    private readonly RedisValue _ringMilliseconds;

    /// <summary>Decides calls over Redis.</summary>
    public QuotaLedger(RedisServer server, ScriptRunner scripts, RedisKeyspace keyspace, ColdLoader loader, DueChanges due, HoldScript holds, LateAdmissionRefunder late,
        DoorbellSender doorbells, OutboxSettings settings, IdempotencySettings idempotency, FlowQuotaMetrics metrics, TimeProvider time)
    {
        (_scripts, _keyspace, _loader, _due, _holds, _late) = (scripts, keyspace, loader, due, holds, late);
        (_doorbells, _idempotency, _metrics, _time) = (doorbells, idempotency, metrics, time);
        _timeout = (long)(server.Timeout.TotalSeconds * time.TimestampFrequency);
        _ringMilliseconds = (long)settings.SyncInterval.TotalMilliseconds;
        var script = new AdmissionScript(scripts, keyspace, doorbells, _stale.Writer, settings, time);
        _batchers =
        [
            .. Enumerable.Range(0, keyspace.Partitions).Select(partition =>
                new AdmissionBatcher(partition, script, (call, answer) => late.Undo(call, answer, RefundOnceAsync), time)),
        ];
    }

    /// <summary>Tokens whose terms are due to be read from SQL again. Each is handed to one reader.</summary>
    internal ChannelReader<string> StaleTerms => _stale.Reader;

    private long Deadline => _time.GetTimestamp() + _timeout;

    /// <summary>Decides one call. If it is admitted, takes its cost and records it.</summary>
    /// <param name="token">The caller's token.</param>
    /// <param name="cost">Units the call takes, 1 or more; 0 = only look, which takes and records nothing.</param>
    /// <param name="requestId">The request, 1-64 of <c>A-Za-z0-9._-</c>.</param>
    /// <param name="hasOutcome">
    /// Whether an outcome will be recorded, so that <see cref="AdmissionResult.Call"/> is needed.
    /// </param>
    /// <param name="key">
    /// The call is charged once, however often it is repeated under the key; with cost 0, only looks for an earlier call under
    /// it. Null = it is charged each time.
    /// </param>
    /// <param name="meter">The caller's label for what is used; '' = none.</param>
    public Task<AdmissionResult> AdmitAsync(
        PresentedToken token, int cost, string requestId, bool hasOutcome = true, IdempotencyKey? key = null, string meter = "") =>
        AdmitAsync(new PendingAdmission(token, cost, requestId, returnsEvent: hasOutcome && cost > 0, Deadline)
        {
            Claim = key is null && meter.Length == 0
                ? null
                : ChargeClaim.Begin(key, meter, _idempotency.TimeToLive, hasOutcome ? _idempotency.LongestRun : TimeSpan.Zero),
        });

    /// <summary>Decides a reservation. If it is admitted, its units are held and no call is recorded.</summary>
    internal Task<AdmissionResult> ReserveAsync(PresentedToken token, int amount, string requestId, HoldRequest hold, IdempotencyKey? key) =>
        AdmitAsync(new PendingAdmission(token, amount, requestId, returnsEvent: false, Deadline)
        {
            Claim = ChargeClaim.Reserve(hold, key, _idempotency.TimeToLive),
        });

    /// <summary>Decides the calls of a batch in their order, in one run. Together they count once for the rate limits.</summary>
    /// <param name="token">The caller's token.</param>
    /// <param name="batch">The calls.</param>
    /// <param name="requestId">The request.</param>
    /// <param name="key">The batch is charged once, however often it is repeated under the key; null = each time.</param>
    public Task<AdmissionResult> AdmitAsync(PresentedToken token, Batch batch, string requestId, IdempotencyKey? key) =>
        AdmitAsync(token, ChargeClaim.Begin(batch, key, _idempotency.TimeToLive), requestId);

    /// <summary>Decides an attempt of a batch.</summary>
    internal Task<AdmissionResult> AdmitAsync(PresentedToken token, ChargeClaim claim, string requestId) =>
        AdmitAsync(new PendingAdmission(token, cost: 1, requestId, returnsEvent: false, Deadline) { Claim = claim });

    /// <summary>Keeps the result of a call's code for repeats under its key.</summary>
    /// <param name="call">The call; it was admitted under a key.</param>
    /// <param name="result">The result.</param>
    /// <returns>The result of another attempt under the key, if that came first and stays; empty = this one is kept.</returns>
    internal async Task<ReadOnlyMemory<byte>> KeepResultAsync(AdmittedCall call, ReadOnlyMemory<byte> result)
    {
        var reply = await _scripts.RunAsync(RedisScript.KeepResult, _keyspace.PartitionOf(call.TokenId),
            [_keyspace.Idempotency(call.TokenId, call.Claim!.KeyHash!)], [result]);
        return (string?)reply[0] == "done" ? (ReadOnlyMemory<byte>)reply[1] : default;
    }

    /// <summary>
    /// Decides one call as <see cref="AdmitAsync(PresentedToken, int, string, bool, IdempotencyKey, string)"/> does, and returns the
    /// token's owner.
    /// </summary>
    /// <param name="token">The caller's token.</param>
    /// <param name="cost">Units the call takes, 1 or more; 0 = only look, which takes and records nothing.</param>
    /// <param name="requestId">The request, 1-64 of <c>A-Za-z0-9._-</c>.</param>
    /// <param name="key">
    /// The call is charged once, however often it is repeated under the key within five minutes; null = each time.
    /// </param>
    public Task<AdmissionResult> AuthorizeAsync(PresentedToken token, int cost, string requestId, IdempotencyKey? key) =>
        AdmitAsync(new PendingAdmission(token, cost, requestId, returnsEvent: false, Deadline)
        {
            ReturnsOwner = true,
            Claim = key is null || cost == 0 ? null : ChargeClaim.Begin(key.Hash),
        });

    private async Task<AdmissionResult> AdmitAsync(PendingAdmission call)
    {
        using var activity = FlowQuotaMetrics.Activities.StartActivity("flowquota.admit");
        long started = _time.GetTimestamp();
        var admission = await EnqueueAsync(call)
            ?? await LoadAndRetryAsync(call)
            ?? new AdmissionResult(AdmissionStatus.Unknown);
        _metrics.Admitted(admission.Status, _time.GetElapsedTime(started));
        activity?.SetTag("flowquota.token_id", call.Token.TokenId).SetTag("flowquota.status", admission.Status.ToString());
        return admission;
    }

    /// <summary>Returns the units of a call because the service failed it.</summary>
    /// <returns>False if nothing was missing: the token is deleted, has no quota, or was reset since.</returns>
    public async Task<bool> RefundAsync(AdmittedCall call) =>
        await RefundOnceAsync(call, NewRefundKey()) == RefundStatus.Done;

    /// <summary>
    /// Gives the units of a call back because the platform was at fault, once: now, or as soon as Redis is available again if
    /// this process lives that long.
    /// </summary>
    /// <returns>False if it was not possible now.</returns>
    internal async Task<bool> GiveBackAsync(AdmittedCall call)
    {
        string key = NewRefundKey();
        try
        {
            await RefundOnceAsync(call, key);
            return true;
        }
        catch (StoreUnavailableException)
        {
            _late.RefundLater(() => RefundOnceAsync(call, key), call);
            return false;
        }
    }

    /// <summary>
    /// Gives the units of a call back, once for each key, so that it may be tried until it is answered. A call that was
    /// admitted under a key is given back by its attempt, whatever <paramref name="key"/> is.
    /// </summary>
    private async Task<RefundStatus> RefundOnceAsync(AdmittedCall call, string key)
    {
        if (call.Claim is { Hold: { } hold })
            return await UndoAsync(call, hold);
        string keyHash = call.Claim?.KeyHash ?? IdempotencyKey.Of("refund", key, []).Hash;
        RedisKey[] keys =
        [
            .. _keyspace.ForChangeOnce(call.TokenId, keyHash),
            .. (call.Claim?.Batch?.Items ?? []).Where(item => item.Key is not null).Select(item => _keyspace.Idempotency(call.TokenId, item.Key!.Hash)),
        ];
        RedisValue[] attempt = call.Claim is { KeyHash: not null } claim ? [claim.Attempt] : [];
        string? status = await WithLoadAsync(call.TokenId, async () =>
        {
            var reply = await _scripts.RunAsync(RedisScript.Refund, _keyspace.PartitionOf(call.TokenId), keys,
                [call.TokenId, call.Claim?.Batch is null ? call.Cost : RedisValue.EmptyString, call.RequestId, _ringMilliseconds, (long)IdempotencyKey.TimeToLive.TotalMilliseconds,
                    call.PeriodTime is { } time ? UnixTime.Of(time) : RedisValue.EmptyString, .. attempt],
                RefundTimeout);
            if ((string?)reply[0] == "ok")
                _doorbells.RingIfDue(_keyspace.PartitionOf(call.TokenId), reply[1], reply[2]);
            return (string?)reply[0] == "cold" ? null : (string?)reply[0];
        });
        return status switch
        {
            "ok" => RefundStatus.Done,
            "done" => RefundStatus.DoneBefore,
            _ => RefundStatus.NotNeeded,
        };
    }

    private async Task<RefundStatus> UndoAsync(AdmittedCall call, HoldRequest hold)
    {
        var undo = new HoldChange(call.TokenId, hold.ReservationId, HoldOperation.Undo, call.RequestId) { Claim = call.Claim };
        return await WithLoadAsync(call.TokenId, () => _holds.RunAsync(undo)) is { Status: HoldStatus.Done } ? RefundStatus.Done : RefundStatus.NotNeeded;
    }

    /// <summary>Puts an admin's change into force for every instance.</summary>
    /// <param name="terms">The token as SQL has it now; older terms never replace newer ones.</param>
    /// <param name="operation">The operation on the quota.</param>
    /// <param name="amount">How many calls; null for a reset to the old total.</param>
    /// <param name="requestId">The request.</param>
    /// <param name="key">The quota is changed once, however often this is repeated under the key; null = each time.</param>
    /// <param name="findRow">
    /// For a repeat: finds the row of the change in SQL, because Redis may have lost the key while SQL has the change. It is
    /// called again after each load, because a load brings such a change back. Null for a request that is not a repeat.
    /// </param>
    public async Task<QuotaChangeResult> ChangeAsync(
        AccessToken terms, QuotaOperation operation, int? amount, string requestId, IdempotencyKey? key = null,
        Func<Task<QuotaLogEntry?>>? findRow = null)
    {
        string tokenId = terms.TokenId;
        var keys = key is null ? _keyspace.ForChange(tokenId) : _keyspace.ForChangeOnce(tokenId, key.Hash);
        return await WithLoadAsync(tokenId, async () =>
        {
            var row = findRow is null || operation == QuotaOperation.None ? null : await findRow();
            RedisValue[] arguments =
            [
                tokenId, requestId, _ringMilliseconds, OperationName(row is null ? operation : QuotaOperation.None), TermsFormat.ToRedis(amount),
                .. TermsFormat.Write(terms, _time.GetUtcNow().UtcDateTime), key?.Fingerprint ?? "", (long)_idempotency.TimeToLiveInSql.TotalMilliseconds,
                key is { Text.Length: > 0 } ? AuditEventFormat.KeyNote(key.Text) : "",
            ];
            var reply = await _scripts.RunAsync(RedisScript.Change, _keyspace.PartitionOf(tokenId), keys, arguments);
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
        }) ?? new QuotaChangeResult(QuotaChangeStatus.Unknown);
    }

    /// <summary>Refuses a token from now on, on every instance, also if reads of SQL are still under way.</summary>
    public Task DeleteAsync(string tokenId) =>
        _scripts.RunAsync(RedisScript.Delete, _keyspace.PartitionOf(tokenId), _keyspace.ForLoad(tokenId),
            [tokenId, (long)ScriptLibrary.TokenTimeToLive.TotalMilliseconds]);

    /// <summary>
    /// Makes sure that Redis holds the token's quota, with what time has changed. Returns false if the token does not exist.
    /// </summary>
    public async Task<bool> LoadAsync(string tokenId) => await LoadAndTryAsync<LiveLedger>(
        tokenId, async () => await GetLedgerStateAsync(tokenId) is { Position: not null, IsChangeDue: false } state ? state : null) is not null;

    /// <summary>Puts a token in place that was just made, so that its first call needs no cold load.</summary>
    public Task PrimeAsync(AccessToken token) => _loader.PrimeAsync(token);

    /// <summary>Reads a live quota without loading it.</summary>
    /// <returns>
    /// Null if Redis does not hold it. SQL then has the latest quota, except for values that wait in the outbox.
    /// </returns>
    public async Task<LiveQuota?> PeekAsync(string tokenId) => (await GetLedgerStateAsync(tokenId)).Quota;

    /// <summary>Reads a live quota as <see cref="PeekAsync"/> does, after making the changes that are due.</summary>
    public async Task<LiveQuota?> LookAsync(string tokenId)
    {
        var state = await GetLedgerStateAsync(tokenId);
        for (int i = 0; i < MostTurns && await _due.TryMakeAsync(tokenId, state); i++)
            state = await GetLedgerStateAsync(tokenId);
        return state.Quota;
    }

    /// <summary>Reads the state of a token in Redis without loading it.</summary>
    internal async Task<LiveLedger> GetLedgerStateAsync(string tokenId)
    {
        var reply = await _scripts.RunAsync(RedisScript.Peek, _keyspace.PartitionOf(tokenId), _keyspace.ForLoad(tokenId), [tokenId]);
        return (string?)reply[0] switch
        {
            "ok" => new LiveLedger(new LedgerPosition((int)reply[3], (long)reply[4]),
                new LiveQuota((int?)ParseNumber(reply[1]), (int?)ParseNumber(reply[2]), PeriodState.TryParse(reply[6]))
                {
                    Reserved = (int?)ParseNumber(reply[10]) ?? 0,
                },
                reply[5] == 1)
            {
                HeldBySum = (int?)ParseNumber(reply[11]),
                Ending = (string)reply[12]!,
                Due = ParseNumber(reply[7]) is { } due ? UnixTime.At(due) : null,
                Rule = reply[8].IsNullOrEmpty ? null : (string)reply[8]!,
                ReadAt = UnixTime.At((long)reply[9]),
                TermsVersion = ParseNumber(reply[13]),
            },
            "cold" => new LiveLedger(null,
                QuotaSnapshot.Parse(tokenId, reply[1])?.Quota,
                !reply[1].IsNullOrEmpty),
            _ => new LiveLedger(null, null, WaitsForSql: false),
        };
    }

    /// <summary>Records the change from a token's last recorded quota to the live one.</summary>
    /// <param name="tokenId">The public id.</param>
    /// <param name="seen">The position in Redis when the ledger was checked.</param>
    /// <param name="logged">Calls left by the newest row or event; null = none.</param>
    /// <param name="note">The reason, as <see cref="AuditEventFormat.Note(string, string)"/> writes it.</param>
    /// <param name="requestId">The request.</param>
    /// <returns>Null if the token changed since, or is cold or deleted: check again.</returns>
    internal async Task<QuotaChangeResult?> MendAsync(string tokenId, LedgerPosition seen, int? logged, string note, string requestId)
    {
        var reply = await _scripts.RunAsync(RedisScript.Correct, _keyspace.PartitionOf(tokenId), _keyspace.ForHolds(tokenId),
            [tokenId, requestId, _ringMilliseconds, seen.Epoch, seen.Seq, TermsFormat.ToRedis(logged), note]);
        return (string?)reply[0] == "ok" ? ReadChange(tokenId, reply) : null;
    }

    /// <summary>Tries to admit once; null = the token is cold.</summary>
    private Task<AdmissionResult?> EnqueueAsync(PendingAdmission call)
    {
        call.Cause = FlowQuotaMetrics.TracedActivity;
        _batchers[_keyspace.PartitionOf(call.Token.TokenId)].Enter(call);
        return call.Answer;
    }

    private Task<AdmissionResult?> LoadAndRetryAsync(PendingAdmission call) =>
        LoadAndTryAsync(call.Token.TokenId, () => EnqueueAsync(call.Again(Deadline)), call.Token.IsLegacy);

    /// <summary>
    /// Tries; if the attempt returns null (the token is cold), loads the token and tries again. Null = the token does not
    /// exist.
    /// </summary>
    internal async Task<T?> WithLoadAsync<T>(string tokenId, Func<Task<T?>> attempt, bool isUnverified = false)
        where T : class =>
        await attempt() ?? await LoadAndTryAsync(tokenId, attempt, isUnverified);

    /// <summary>
    /// Loads a token, or begins its next period, and tries, while the attempt returns null because the token is cold again, or
    /// another instance loads it. Begins nothing new once a call's time is over. Null = the token does not exist.
    /// </summary>
    private async Task<T?> LoadAndTryAsync<T>(string tokenId, Func<Task<T?>> attempt, bool isUnverified = false)
        where T : class
    {
        long deadline = Deadline;
        do
        {
            bool isTurned = await _due.TryMakeAsync(tokenId, await GetLedgerStateAsync(tokenId));
            switch (isTurned ? ColdLoadResult.Loaded : await _loader.LoadAsync(tokenId, isUnverified))
            {
                case ColdLoadResult.Loaded:
                    if (await attempt() is { } done)
                        return done;
                    break;
                case ColdLoadResult.Unknown:
                    return null;
                case ColdLoadResult.Busy:
                    await Task.Delay(RetryPause, _time);
                    break;
            }
        }
        while (_time.GetTimestamp() < deadline);

        throw new StoreUnavailableException("Redis");
    }

    private QuotaChangeResult ReadChange(string tokenId, RedisValue[] reply)
    {
        _doorbells.RingIfDue(_keyspace.PartitionOf(tokenId), reply[3], reply[4]);
        if (reply[7].IsNullOrEmpty)
            return new QuotaChangeResult(QuotaChangeStatus.Done);

        var position = new LedgerPosition((int)reply[5], (long)reply[6]);
        var (total, reserved) = QuotaSnapshot.ParseTotal(reply[2]);
        var snapshot = new QuotaSnapshot(tokenId, position, (int?)ParseNumber(reply[1]), total, PeriodState.Parse(reply[8])) { Reserved = reserved };
        return new QuotaChangeResult(QuotaChangeStatus.Done, snapshot, [.. ((string)reply[7]!).Split('\n').Select(AuditEventFormat.Parse)]);
    }

    private QuotaChangeResult ReadDone(string tokenId, RedisValue[] reply)
    {
        _doorbells.RingIfDue(_keyspace.PartitionOf(tokenId), reply[3], reply[4]);
        var position = new LedgerPosition((int)reply[5], (long)reply[6]);
        return new QuotaChangeResult(QuotaChangeStatus.DoneBefore,
            new QuotaSnapshot(tokenId, position, (int?)ParseNumber(reply[1]), (int?)ParseNumber(reply[2])));
    }

    private static string NewRefundKey() => Guid.NewGuid().ToString("N");

    private static long? ParseNumber(RedisValue value) =>
        value.IsNullOrEmpty ? null : long.Parse((string)value!, CultureInfo.InvariantCulture);

    private static string OperationName(QuotaOperation operation) => operation switch
    {
        QuotaOperation.None => "none",
        QuotaOperation.Add => "add",
        QuotaOperation.Set => "set",
        QuotaOperation.Reset => "reset",
    };
}
