using System.Diagnostics;
using System.Threading.Channels;
using FlowQuota.Outbox;
using FlowQuota.Settings;
using FlowQuota.Storage.Redis;
using StackExchange.Redis;

namespace FlowQuota.Quotas;

/// <summary>Has calls of one partition decided by one run of the admission script, and tells each what was decided.</summary>
/// <param name="scripts">Runs it.</param>
/// <param name="keyspace">Names its keys.</param>
/// <param name="doorbells">Told which doorbells are due.</param>
/// <param name="staleTerms">Told which tokens' terms are due to be read from SQL again.</param>
/// <param name="settings">The ring's life and the backlog's limit.</param>
internal sealed class AdmissionScript(
    ScriptRunner scripts, RedisKeyspace keyspace, DoorbellRinger doorbells, ChannelWriter<string> staleTerms, FlowQuotaSettings settings)
{
    private const int FirstArguments = 3;
    private const int ArgumentsOfCall = 6;

    // ring sync, ring audit; then the answers.
    private const int FirstAnswer = 2;

    private static readonly RedisValue RefreshMilliseconds = (long)TermsRefresher.MaxAge.TotalMilliseconds;
    private static readonly RedisValue TellsEvent = "event";
    private static readonly RedisValue TellsNoEvent = "-";

    private readonly RedisValue _ringMilliseconds = (long)settings.SyncInterval.TotalMilliseconds;
    private readonly RedisValue _backlogHardLimit = settings.BacklogHardLimit;

    /// <summary>Sends the calls.</summary>
    /// <returns>The answers, or why there are none. Nothing is taken where the script itself failed.</returns>
    public async Task<AdmissionReply> RunAsync(int partition, IReadOnlyList<WaitingCall> calls)
    {
        string run = scripts.RunOf(partition);
        try
        {
            var (keys, arguments) = Write(partition, calls);
            var values = await scripts.EvaluateAsync(RedisScript.Admit, partition, keys, arguments).ConfigureAwait(false);
            return values.Length == FirstAnswer + calls.Count
                ? new AdmissionReply(run, values)
                : throw new InvalidOperationException($"The admission script answered {values.Length} values to {calls.Count} calls.");
        }
        catch (Exception e)
        {
            return new AdmissionReply(run, []) { Failure = e };
        }
    }

    /// <summary>Rings what is due and gives each call its answer, or the failure.</summary>
    public void Tell(int partition, IReadOnlyList<WaitingCall> calls, AdmissionReply reply)
    {
        if (reply.Failure is null)
            doorbells.RingWhereDue(partition, sync: reply.Values[0], audit: reply.Values[1], cause: CauseOf(calls));
        for (int i = 0; i < calls.Count; i++)
        {
            if (reply.Failure is { } failure)
                calls[i].Fail(failure);
            else
                TellOne(calls[i], reply.Values[FirstAnswer + i], reply.Run);
        }
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

    private (RedisKey[] Keys, RedisValue[] Arguments) Write(int partition, IReadOnlyList<WaitingCall> calls)
    {
        var tokens = new OrderedDictionary<string, bool>(calls.Count, StringComparer.Ordinal);
        var arguments = new RedisValue[FirstArguments + (ArgumentsOfCall * calls.Count)];
        (arguments[0], arguments[1], arguments[2]) = (_ringMilliseconds, _backlogHardLimit, RefreshMilliseconds);
        int next = FirstArguments;
        foreach (var call in calls)
        {
            tokens.TryAdd(call.Token.TokenId, true, out int number);
            arguments[next++] = number;
            arguments[next++] = call.Token.TokenId;
            arguments[next++] = call.Token.SecretHash;
            arguments[next++] = call.Cost;
            arguments[next++] = call.RequestId;
            arguments[next++] = call.TellsEvent ? TellsEvent : TellsNoEvent;
        }

        return (keyspace.ForChange(partition, tokens.Keys), arguments);
    }

    private static Activity? CauseOf(IReadOnlyList<WaitingCall> calls)
    {
        foreach (var call in calls)
        {
            if (call.Cause is { } cause)
                return cause;
        }

        return null;
    }
}
