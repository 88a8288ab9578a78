using FlowQuota.Periods;

namespace FlowQuota.Tests.Simulation;

/// <summary>What time does to a balance, one boundary after the other, as the contract says it.</summary>
internal static class ModelPeriods
{
    /// <summary>The first period of a token whose rule begins now.</summary>
    public static PeriodState First(PeriodRule rule, DateTime now, int bought)
    {
        var bounds = rule.PeriodAt(now);
        return new PeriodState(1, bounds.StartsAt, bounds.EndsAt, rule.Amount, bought);
    }

    /// <summary>The balance, the period and the rows after all boundaries up to now.</summary>
    public static (int Remaining, PeriodState Period, IReadOnlyList<string> Rows) Turn(PeriodRule rule, PeriodState period, int remaining, DateTime now)
    {
        List<string> rows = [];
        int bought = Math.Min(remaining, period.Bought), unused = remaining - bought;
        if (unused > Carried(unused))
            rows.Add(Row("expire", Carried(unused) - unused, period.EndsAt, period.Index));
        int kept = bought + Carried(unused), passed = -1;
        var (starts, next) = (period.StartsAt, period.EndsAt);
        for (; next <= now; next = rule.PeriodAt(next).EndsAt)
        {
            unused = Carried(unused) + rule.Amount;
            starts = next;
            passed++;
        }

        int index = period.Index + 1 + passed;
        string row = Row("refill", bought + unused - kept, starts, index);
        rows.Add(passed == 0 ? row : $"{row} {passed} periods passed unused before this one");
        return (bought + unused, new PeriodState(index, starts, next, rule.Amount, bought), rows);

        int Carried(int units) => Math.Min(units, rule.CarryOver ?? int.MaxValue);
    }

    /// <summary>A row that belongs to a boundary, as text.</summary>
    public static string Row(string action, int change, DateTime effectiveAt, int period) => $"{action} {change} {effectiveAt:O} {period}";
}
