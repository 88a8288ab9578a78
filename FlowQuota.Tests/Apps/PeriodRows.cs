using FlowQuota.Periods;
using Xunit;

namespace FlowQuota.Tests.Apps;

/// <summary>Checks invariant 10 on the rows of one token: each boundary has one refill, and no call is in a period that is over.</summary>
public static class PeriodRows
{
    /// <summary>Checks rows that form a chain, see <see cref="StoredLedger.AssertWhole"/>.</summary>
    /// <param name="changes">All rows of the token, oldest change first.</param>
    /// <param name="rule">The rule of the token from its first row on; null = it may have had others.</param>
    public static void AssertOnce(IReadOnlyList<StoredChange> changes, PeriodRule? rule = null)
    {
        PeriodState? period = null;
        long granted = 0, used = 0;
        for (int i = 0; i < changes.Count; i++)
        {
            var change = changes[i];
            switch (change.Action)
            {
                case "refill":
                    AssertFollows(change, period, rule);
                    (granted, used) = (change.After!.Value, 0);
                    break;
                case "consume":
                    used -= change.Change;
                    Assert.True(period is null || change.CreatedAt < period.EndsAt, $"The period that it was taken from is over: {change}");
                    break;
                // What comes back to a period that is over lapses with the next row.
                case "refund" when i + 1 < changes.Count && changes[i + 1] is { Action: "expire", TotalAfter: null } lapse:
                    Assert.Equal((change.Change, period!.StartsAt), (-lapse.Change, lapse.EffectiveAt));
                    break;
                case "refund":
                    used -= change.Change;
                    break;
                case "init":
                    (granted, used) = (change.After ?? 0, 0);
                    break;
                case "recharge":
                    granted += change.Change;
                    break;
                case "expire" when change.TotalAfter is not null:
                    Assert.True(period is not null && change.EffectiveAt == period.EndsAt && change.Period == period.Index, $"Nothing ends here: {change}");
                    Assert.True(i + 1 < changes.Count && changes[i + 1].Action == "refill", $"No period begins after {change}");
                    break;
            }

            Assert.True(used <= granted, $"{used} were taken from a period that had {granted}: {change}");
            // An expire states the period of the refill behind it.
            if (change.Action != "expire" && (change.TotalAfter is not null || change.After is null))
                period = PeriodState.Parse(change.PeriodState);
        }
    }

    private static void AssertFollows(StoredChange refill, PeriodState? before, PeriodRule? rule)
    {
        var begun = PeriodState.Parse(refill.PeriodState)!;
        Assert.Equal((refill.TotalAfter, refill.Period), (refill.After, begun.Index));
        if (before is null)
        {
            Assert.Equal(1, refill.Period);
            return;
        }

        Assert.Equal(begun.StartsAt, refill.EffectiveAt);
        int boundaries = begun.Index - before.Index;
        Assert.True(boundaries >= 1 && refill.EffectiveAt >= before.EndsAt && refill.CreatedAt >= refill.EffectiveAt,
            $"It does not follow the period {before}: {refill}");
        Assert.Equal(boundaries == 1 ? null : $"{boundaries - 1} periods passed unused before this one", refill.ErrorMessage);
        if (rule is null)
            return;
        int reached = 0;
        for (var boundary = before.EndsAt; boundary <= refill.EffectiveAt; boundary = rule.PeriodAt(boundary).EndsAt)
            reached++;
        Assert.Equal(boundaries, reached);
        if (rule.CarryOver is { } most)
            Assert.InRange(refill.After!.Value, rule.Amount, rule.Amount + most + begun.Bought);
    }
}
