using System.Threading.Channels;
using FlowQuota.Outbox;
using FlowQuota.Settings;
using FlowQuota.Storage.Redis;
using FlowQuota.Tokens;
using StackExchange.Redis;

namespace FlowQuota.Quotas;

/// <summary>Has calls of one partition decided by one run of the admission script, and tells each what was decided.</summary>
/// <param name="scripts">Runs it.</param>
/// <param name="keyspace">Names its keys.</param>
/// <param name="doorbells">Told which doorbells are due.</param>
/// <param name="staleTerms">Told which tokens' terms are due to be read from SQL again.</param>
/// <param name="settings">The ring's life and the backlog's limit.</param>
/// <param name="time">What the deadlines of calls are timestamps of.</param>
internal sealed class AdmissionScript(
    ScriptRunner scripts, RedisKeyspace keyspace, DoorbellRinger doorbells, ChannelWriter<string> staleTerms, FlowQuotaSettings settings,
    TimeProvider time)
{
    private const int FirstArguments = 5;
    private const int ArgumentsOfCaller = 2;
    private const int ArgumentsOfGroup = 4;

    // ring sync, ring audit; then the answers.
    private const int FirstAnswer = 2;

    private static readonly RedisValue RefreshMilliseconds = (long)TermsRefresher.MaxAge.TotalMilliseconds;
    private static readonly RedisValue TellsEvent = "event";
    private static readonly RedisValue TellsNoEvent = "-";

    private readonly RedisValue _ringMilliseconds = (long)settings.SyncInterval.TotalMilliseconds;
    private readonly RedisValue _backlogHardLimit = settings.BacklogHardLimit;

    /// <summary>Sends the calls, with the earliest of their deadlines.</summary>
    /// <returns>The answers, or why there are none. Nothing is taken if the script itself failed, or ran past the deadline.</returns>
    public async Task<AdmissionReply> RunAsync(int partition, IReadOnlyList<WaitingCall> calls)
    {
        string run = "";
        foreach (var call in calls)
            call.Sent = null;
        try
        {
            var clock = await scripts.ClockAsync(partition).ConfigureAwait(false);
            run = scripts.RunOf(partition);
            var (keys, arguments) = Write(partition, calls, Send(calls, clock));
            var values = await scripts.EvaluateAsync(RedisScript.Admit, partition, keys, arguments).ConfigureAwait(false);
            if (values is [{ } word, { } now] && word == "late")
            {
                // Also if that clock was set: from here on it is known.
                clock.Set((long)now);
                return new AdmissionReply(run, []) { IsLate = true };
            }

            return values.Length == FirstAnswer + calls.Count
                ? new AdmissionReply(run, values)
                : throw new InvalidOperationException($"The admission script answered {values.Length} values to {calls.Count} calls.");
        }
        catch (Exception e)
        {
            return new AdmissionReply(run, []) { Failure = e };
        }
    }

    /// <summary>Rings what is due and gives each call its answer.</summary>
    public void Tell(int partition, IReadOnlyList<WaitingCall> calls, AdmissionReply reply)
    {
        doorbells.RingWhereDue(partition, sync: reply.Values[0], audit: reply.Values[1], cause: calls.FirstOrDefault(call => call.Cause is not null)?.Cause);
        for (int i = 0; i < calls.Count; i++)
            TellOne(calls[i], reply.Values[FirstAnswer + i], reply.Run);
    }

    private void TellOne(WaitingCall call, RedisValue answer, string run)
    {
        Admission? admission;
        try
        {
            admission = AdmissionFormat.Read(((ReadOnlyMemory<byte>)answer).Span, call, run, out bool isRefreshDue);
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

    private long Send(IReadOnlyList<WaitingCall> calls, ServerClock clock)
    {
        long from = clock.EarliestAt(time.GetTimestamp());
        long until = clock.EarliestAt(calls.Min(call => call.Deadline));
        foreach (var call in calls)
            call.Sent = new AdmissionWindow(from, until);
        return until;
    }

    private (RedisKey[] Keys, RedisValue[] Arguments) Write(int partition, IReadOnlyList<WaitingCall> calls, long deadline)
    {
        var callers = new OrderedDictionary<PresentedToken, bool>(calls.Count);
        var numbers = new int[calls.Count];
        int groups = 0;
        for (int i = 0; i < calls.Count; i++)
        {
            // Looking a caller up hashes two texts; the one before is often the same.
            if (i > 0 && calls[i].Token == calls[i - 1].Token)
                numbers[i] = numbers[i - 1];
            else
                callers.TryAdd(calls[i].Token, true, out numbers[i]);
            if (i == 0 || !AreAlike(i, i - 1))
                groups++;
        }

        var arguments = new RedisValue[FirstArguments + (ArgumentsOfCaller * callers.Count) + (ArgumentsOfGroup * groups) + calls.Count];
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
            arguments[next++] = calls[first].TellsEvent ? TellsEvent : TellsNoEvent;
            arguments[next++] = end - first;
            for (; first < end; first++)
                arguments[next++] = calls[first].RequestId;
        }

        return (keyspace.ForChange(partition, [.. callers.Keys.Select(caller => caller.TokenId)]), arguments);

        bool AreAlike(int a, int b) =>
            numbers[a] == numbers[b] && calls[a].Cost == calls[b].Cost && calls[a].TellsEvent == calls[b].TellsEvent;
    }
}
