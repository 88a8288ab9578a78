using System.Globalization;
using FlowQuota.Ledger;
using FlowQuota.Outbox;
using FlowQuota.Periods;
using FlowQuota.Redis;
using FlowQuota.Telemetry;

namespace FlowQuota.Admission;

/// <summary>
/// Begins the next period of a token whose period is over. Whoever needs the token first does so; until then the scripts
/// treat it as cold. The boundaries are determined here, because Lua knows no time zones; the clock is that of Redis.
/// </summary>
public sealed class PeriodTurner(
    ScriptRunner scripts, RedisKeyspace keyspace, DoorbellSender doorbells, OutboxSettings settings, FlowQuotaMetrics metrics)
{
    /// <summary>Begins the next period if the present one is over.</summary>
    /// <param name="tokenId">The public id.</param>
    /// <param name="state">The token as Redis has it.</param>
    /// <returns>False if the period is not over, so that there is nothing to do.</returns>
    /// <exception cref="FormatException">This instance does not know the rule's time zone, or the rule is damaged.</exception>
    internal async Task<bool> TryTurnAsync(string tokenId, LiveLedger state)
    {
        if (state is not { Position: { } position, Quota: { Remaining: { } remaining, Period: { } period }, Rule: { } rule } || !state.IsOver)
            return false;

        var end = period.End(PeriodRule.Parse(rule)!, remaining, state.ReadAt);
        int partition = keyspace.PartitionOf(tokenId);
        var reply = await scripts.RunAsync(RedisScript.Turn, partition, keyspace.ForChange(tokenId),
        [
            tokenId, Guid.CreateVersion7().ToString(), (long)settings.SyncInterval.TotalMilliseconds,
            position.Epoch, position.Seq, UnixTime.Of(period.EndsAt),
            end.Expired, end.Refilled, end.State.ToText(), period.Index, end.State.Index, UnixTime.Of(end.State.StartsAt),
            end.Periods == 1 ? "" : AuditEventFormat.Note(Passed(end)), rule,
        ]);
        if ((string?)reply[0] == "ok")
        {
            doorbells.RingIfDue(partition, reply[1], reply[2]);
            metrics.PeriodBegan(end.Expired);
        }

        return true;
    }

    private static string Passed(PeriodEnd end) =>
        string.Create(CultureInfo.InvariantCulture, $"{end.Periods - 1} periods passed unused before this one");
}
