using System.Globalization;
using FlowQuota.Ledger;
using FlowQuota.Outbox;
using FlowQuota.Periods;
using FlowQuota.Redis;
using FlowQuota.Telemetry;

namespace FlowQuota.Admission;

/// <summary>
/// Makes the changes that time makes to a balance: ends reservations whose time is over, and begins the next period. Whoever
/// needs the token first does so; until then the scripts treat it as cold. The boundaries of periods are determined here,
/// because Lua knows no time zones; the clock is that of Redis.
/// </summary>
public sealed class DueChanges(
    ScriptRunner scripts, HoldScript holds, RedisKeyspace keyspace, DoorbellSender doorbells, OutboxSettings settings, FlowQuotaMetrics metrics)
{
    /// <summary>Makes the changes that are due, up to the next end of a period. More may be due after that.</summary>
    /// <param name="tokenId">The public id.</param>
    /// <param name="state">The token as Redis has it.</param>
    /// <returns>False if nothing is due.</returns>
    /// <exception cref="FormatException">This instance does not know the rule's time zone, or the rule is damaged.</exception>
    internal async Task<bool> TryMakeAsync(string tokenId, LiveLedger state)
    {
        if (!state.IsChangeDue)
            return false;
        if (state.Ending.Length > 0)
        {
            foreach (string reservationId in state.Ending.Split(' '))
                await holds.RunAsync(new HoldChange(tokenId, reservationId, HoldOperation.Expire, NewRequestId()));
            return true;
        }

        return state is { Position: { } position, Quota: { Remaining: { } remaining, Period: { } period }, Rule: { } rule }
            && await TurnAsync(tokenId, position, remaining, period, rule, state.ReadAt);
    }

    private async Task<bool> TurnAsync(string tokenId, LedgerPosition position, int remaining, PeriodState period, string rule, DateTime now)
    {
        var end = period.End(PeriodRule.Parse(rule)!, remaining, now);
        int partition = keyspace.PartitionOf(tokenId);
        var reply = await scripts.RunAsync(RedisScript.Turn, partition, keyspace.ForChange(tokenId),
        [
            tokenId, NewRequestId(), (long)settings.SyncInterval.TotalMilliseconds,
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

    private static string NewRequestId() => Guid.CreateVersion7().ToString();

    private static string Passed(PeriodEnd end) =>
        string.Create(CultureInfo.InvariantCulture, $"{end.Periods - 1} periods passed unused before this one");
}
