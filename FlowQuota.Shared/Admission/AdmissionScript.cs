using System.Threading.Channels;
using FlowQuota.Ledger;
using FlowQuota.Outbox;
using FlowQuota.Redis;
using FlowQuota.Tokens;
using StackExchange.Redis;

namespace FlowQuota.Admission;

/// <summary>Sends calls of one partition to one run of the admission script and hands each call its decision.</summary>
/// <param name="scripts">Runs it.</param>
/// <param name="keyspace">Names its keys.</param>
/// <param name="doorbells">Receives the doorbells that are due.</param>
/// <param name="staleTerms">Receives the tokens whose terms are due to be read from SQL again.</param>
/// <param name="settings">The time to live of a ring and the backlog limit.</param>
/// <param name="time">The clock of the calls' deadlines.</param>
internal sealed class AdmissionScript(
    ScriptRunner scripts, RedisKeyspace keyspace, DoorbellSender doorbells, ChannelWriter<string> staleTerms, OutboxSettings settings,
    TimeProvider time)
{
    private const int FirstArguments = 5;
    private const int ArgumentsOfCaller = 2;
    private const int ArgumentsOfGroup = 4;

    // ring sync, ring audit; then a reply for each call.
    private const int FirstAnswer = 2;

    private static readonly RedisValue RefreshMilliseconds = (long)TermsRefresher.MaxAge.TotalMilliseconds;
    private static readonly RedisValue ReturnsEvent = "event";
    private static readonly RedisValue ReturnsOwner = "owner";
    private static readonly RedisValue ReturnsNothing = "-";
    private static readonly RedisValue Once = "once";
    private static readonly RedisValue Hold = "hold";
    private static readonly RedisValue InBatch = "batch";

    private readonly RedisValue _ringMilliseconds = (long)settings.SyncInterval.TotalMilliseconds;
    private readonly RedisValue _backlogHardLimit = settings.BacklogHardLimit;

    /// <summary>Sends the calls, with the earliest of their deadlines.</summary>
    /// <returns>The replies, or why there are none. Nothing is taken if the script failed or ran past the deadline.</returns>
    public async Task<AdmissionBatchReply> RunAsync(int partition, IReadOnlyList<PendingAdmission> calls)
    {
        string run = "";
        foreach (var call in calls)
            call.Sent = null;
        try
        {
            var clock = await scripts.ClockAsync(partition);
            run = scripts.RunOf(partition);
            var (keys, arguments) = Write(partition, calls, Send(calls, clock));
            var values = await scripts.EvaluateAsync(RedisScript.Admit, partition, keys, arguments);
            if (values is [{ } word, { } now] && word == "late")
            {
                // The reply carries the server's time, so a clock that was set is known again from here on.
                clock.Set((long)now);
                return new AdmissionBatchReply(run, []) { IsLate = true };
            }

            return values.Length == FirstAnswer + calls.Count
                ? new AdmissionBatchReply(run, values)
                : throw new InvalidOperationException($"The admission script returned {values.Length} values for {calls.Count} calls.");
        }
        catch (Exception e)
        {
            return new AdmissionBatchReply(run, []) { Failure = e };
        }
    }

    /// <summary>Rings the doorbells that are due and hands each call its reply.</summary>
    public void Deliver(int partition, IReadOnlyList<PendingAdmission> calls, AdmissionBatchReply reply)
    {
        doorbells.RingIfDue(partition, sync: reply.Values[0], audit: reply.Values[1], cause: calls.FirstOrDefault(call => call.Cause is not null)?.Cause);
        for (int i = 0; i < calls.Count; i++)
            DeliverOne(calls[i], reply.Values[FirstAnswer + i], reply.Run);
    }

    private void DeliverOne(PendingAdmission call, RedisValue answer, string run)
    {
        AdmissionResult? admission;
        try
        {
            admission = AdmissionReplyReader.Read(((ReadOnlyMemory<byte>)answer).Span, call, run, out bool isRefreshDue);
            if (isRefreshDue)
                staleTerms.TryWrite(call.Token.TokenId);
        }
        catch (InvalidOperationException e)
        {
            call.Fail(e);
            return;
        }

        call.Decide(admission);
    }

    private long Send(IReadOnlyList<PendingAdmission> calls, ServerClock clock)
    {
        long now = time.GetTimestamp();
        long from = clock.EarliestAt(now);
        long until = clock.EarliestAt(calls.Min(call => call.Deadline));
        foreach (var call in calls)
            call.Sent = new AdmissionWindow(from, until) { SentAt = now };
        return until;
    }

    private (RedisKey[] Keys, RedisValue[] Arguments) Write(int partition, IReadOnlyList<PendingAdmission> calls, long deadline)
    {
        var callers = new OrderedDictionary<PresentedToken, bool>(calls.Count);
        int[] numbers = new int[calls.Count];
        int groups = 0;
        bool hasClaims = false;
        for (int i = 0; i < calls.Count; i++)
        {
            // Fast path: consecutive calls usually come from the same caller.
            if (i > 0 && calls[i].Token == calls[i - 1].Token)
                numbers[i] = numbers[i - 1];
            else
                callers.TryAdd(calls[i].Token, true, out numbers[i]);
            if (i == 0 || !AreAlike(i, i - 1))
                groups++;
            hasClaims |= calls[i].Claim is not null;
        }

        var (claims, ownKeys) = hasClaims ? WriteClaims(calls, RedisKeyspace.AdmissionKeys(callers.Count)) : ([], []);
        var arguments = new RedisValue[FirstArguments + (ArgumentsOfCaller * callers.Count) + (ArgumentsOfGroup * groups) + calls.Count
            + claims.Sum(claim => claim.Count)];
        int next = 0;
        arguments[next++] = _ringMilliseconds;
        arguments[next++] = _backlogHardLimit;
        arguments[next++] = RefreshMilliseconds;
        arguments[next++] = deadline;
        arguments[next++] = callers.Count;
        foreach (var caller in callers.Keys)
        {
            arguments[next++] = caller.TokenId;
            arguments[next++] = caller.SecretHash;
        }

        for (int first = 0; first < calls.Count;)
        {
            int end = first + 1;
            while (end < calls.Count && AreAlike(end, first))
                end++;
            arguments[next++] = numbers[first] + 1;
            arguments[next++] = calls[first].Cost;
            arguments[next++] = calls[first].ReturnsEvent ? ReturnsEvent : calls[first].ReturnsOwner ? ReturnsOwner : ReturnsNothing;
            if (calls[first].Claim is { } claim)
            {
                arguments[next++] = claim.Hold is not null ? Hold : claim.Batch is not null ? InBatch : Once;
                arguments[next++] = calls[first].RequestId;
                foreach (var argument in claims[first])
                    arguments[next++] = argument;
                first++;
                continue;
            }

            arguments[next++] = end - first;
            for (; first < end; first++)
                arguments[next++] = calls[first].RequestId;
        }

        return (keyspace.ForAdmission(partition, [.. callers.Keys.Select(caller => caller.TokenId)], ownKeys), arguments);

        bool AreAlike(int a, int b) =>
            numbers[a] == numbers[b] && calls[a].Cost == calls[b].Cost && calls[a].ReturnsEvent == calls[b].ReturnsEvent
            && calls[a].ReturnsOwner == calls[b].ReturnsOwner && calls[a].Claim is null && calls[b].Claim is null;
    }

    /// <summary>The arguments of calls that are decided by themselves, for each call, and their keys.</summary>
    /// <param name="calls">The calls.</param>
    /// <param name="keysBefore">How many keys the script has before these.</param>
    private (List<RedisValue>[] Arguments, List<RedisKey> Keys) WriteClaims(IReadOnlyList<PendingAdmission> calls, int keysBefore)
    {
        List<RedisKey> keys = [];
        return ([.. calls.Select(call => WriteClaim(call, keysBefore, keys))], keys);
    }

    /// <summary>The arguments of a call that is decided by itself, behind its request id.</summary>
    /// <param name="call">The call; one that is not decided by itself has none.</param>
    /// <param name="keysBefore">How many keys the script has before <paramref name="keys"/>.</param>
    /// <param name="keys">Receives the keys of the call.</param>
    private List<RedisValue> WriteClaim(PendingAdmission call, int keysBefore, List<RedisKey> keys)
    {
        if (call.Claim is not { } claim)
            return [];
        string tokenId = call.Token.TokenId;
        List<RedisValue> arguments =
        [
            NumberOf(claim.KeyHash), claim.Attempt, (long)claim.Life.TotalMilliseconds, claim.Fingerprint, claim.Note, (long)claim.LongestRun.TotalMilliseconds,
        ];
        if (claim.Hold is { } hold)
            arguments.AddRange([Number(keyspace.Holds(tokenId)), hold.ReservationId, (long)hold.Life.TotalMilliseconds, hold.Meter]);
        if (claim.Batch is { } batch)
        {
            arguments.AddRange([batch.IsAtomic, batch.Items.Count]);
            foreach (var item in batch.Items)
                arguments.AddRange([item.Cost, NumberOf(item.Key?.Hash), item.Key?.Fingerprint ?? "", ChargeClaim.NoteOf(item)]);
        }

        return arguments;

        int NumberOf(string? keyHash) => keyHash is null ? 0 : Number(keyspace.Idempotency(tokenId, keyHash));

        int Number(RedisKey key)
        {
            keys.Add(key);
            return keysBefore + keys.Count;
        }
    }
}
