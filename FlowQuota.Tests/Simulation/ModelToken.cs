using FlowQuota.Admission;
using FlowQuota.Ledger;
using FlowQuota.Periods;
using FlowQuota.Tests.Apps;
using FlowQuota.Tokens;

namespace FlowQuota.Tests.Simulation;

/// <summary>The expected state of a token, by the documented rules only: no Redis, no SQL, no epochs.</summary>
/// <param name="holder">The token as it was made.</param>
/// <param name="made">When it was made.</param>
internal sealed class ModelToken(TestHolder holder, DateTime made)
{
    private readonly List<(string Request, string Change)> _changes = [("create", "init")];

    public TestHolder Holder { get; } = holder;

    public string Id => Holder.Id;

    public QuotaType Type { get; private set; } = holder.Token.QuotaType;

    public int? Remaining { get; private set; } = holder.Token.RemainingQuota;

    public int? Total { get; private set; } = holder.Token.TotalQuota;

    /// <summary>The rule from the end of <see cref="Period"/> on; null = there are no periods.</summary>
    public PeriodRule? Rule { get; private set; } = holder.Token.Period;

    /// <summary>The period that the balance is in; it may be over if nobody touched the token since.</summary>
    public PeriodState? Period { get; private set; } = holder.Token.Period is { } rule ? ModelPeriods.First(rule, made, bought: 0) : null;

    public bool IsActive { get; private set; } = true;

    public bool IsDeleted { get; private set; }

    public bool IsMetered => Type != QuotaType.Time;

    /// <summary>True once an admin's call died between SQL and Redis: a row of the load's own may give up the rest of the old quota.</summary>
    public bool HasHalfChange { get; private set; }

    /// <summary>The expected rows, by request and change, in order. Nobody's request begins a period: it is empty.</summary>
    public IReadOnlyList<(string Request, string Change)> Changes => _changes;

    /// <summary>The outcomes of executed calls; a request that is not in it has none.</summary>
    public Dictionary<string, bool> Outcomes { get; } = [];

    public bool IsOver(DateTime now) => !IsDeleted && Period?.EndsAt <= now;

    /// <summary>The quota as every answer and list shows it, whether or not somebody has begun the period.</summary>
    public LiveQuota AsOf(DateTime now)
    {
        if (!IsOver(now))
            return new LiveQuota(Remaining, Total, Period);
        var turn = ModelPeriods.Turn(Rule!, Period!, Remaining!.Value, now);
        return new LiveQuota(turn.Remaining, turn.Remaining, turn.Period);
    }

    /// <summary>Somebody touches the token: if its period is over, the next one begins.</summary>
    public void Touch(DateTime now)
    {
        if (!IsOver(now))
            return;
        var turn = ModelPeriods.Turn(Rule!, Period!, Remaining!.Value, now);
        _changes.AddRange(turn.Rows.Select(row => ("", row)));
        (Remaining, Total, Period) = (turn.Remaining, turn.Remaining, turn.Period);
    }

    public AdmissionStatus Admit(int cost, string request, DateTime now)
    {
        if (IsDeleted)
            return AdmissionStatus.Unknown;
        if (!IsActive)
            return AdmissionStatus.Disabled;
        Touch(now);
        if (IsMetered && Remaining < cost)
            return AdmissionStatus.Exhausted;
        if (cost > 0)
        {
            if (IsMetered)
                Remaining -= cost;
            _changes.Add((request, "consume"));
        }

        return AdmissionStatus.Admitted;
    }

    /// <summary>Gives units back; those of a period that is over lapse at once.</summary>
    /// <param name="cost">Units.</param>
    /// <param name="request">The request.</param>
    /// <param name="began">When the period of the call began; null = it had none.</param>
    /// <param name="now">The time.</param>
    public bool Refund(int cost, string request, DateTime? began, DateTime now)
    {
        if (IsDeleted)
            return false;
        Touch(now);
        bool lapses = began < Period?.StartsAt;
        int units = !IsMetered ? 0 : lapses ? cost : Math.Min(cost, Total!.Value - Remaining!.Value);
        if (units <= 0)
            return false;
        _changes.Add((request, "refund"));
        if (lapses)
            _changes.Add((request, ModelPeriods.Row("expire", -units, Period!.StartsAt, Period.Index - 1)));
        else
            Remaining += units;
        return true;
    }

    /// <summary>Applies an admin's change; false if it must be refused.</summary>
    public bool Change(TokenChange change, string request, DateTime now)
    {
        var type = change.QuotaType ?? Type;
        var rule = change.Period is not null ? change.Period.Apply(Rule) : type == QuotaType.Time ? null : Rule;
        bool isMetered = type != QuotaType.Time;
        bool hasOperation = change.QuotaOperation != QuotaOperation.None;
        if (!isMetered && (hasOperation || rule is not null))
            return false;
        bool isBareReset = change is { QuotaOperation: QuotaOperation.Reset, QuotaAmount: null };
        if (isMetered && !IsMetered && ((!hasOperation && rule is null) || isBareReset))
            return false;
        // What is over is over by the old rule.
        if (hasOperation || type != Type || rule != Rule)
            Touch(now);
        if (isBareReset && (Total ?? 0) == 0)
            return false;

        Settle(type, rule, request, now);
        int had = Remaining ?? 0, of = Total ?? 0, bought = Period?.BoughtOf(had) ?? 0;
        int amount = change.QuotaAmount ?? of;
        switch (change.QuotaOperation)
        {
            case QuotaOperation.Add:
                SetQuota(had + amount, of + amount, bought + amount, request, "recharge");
                break;
            case QuotaOperation.Set:
                SetQuota(amount, of - had + amount, Math.Min(bought, amount), request, "recharge");
                break;
            case QuotaOperation.Reset:
                SetQuota(amount, amount, Math.Min(bought, amount), request, "init");
                break;
        }

        IsActive = change.IsActive ?? IsActive;
        return true;
    }

    /// <summary>An admin's call that wrote the new type to SQL and died; the next reader of SQL applies it.</summary>
    public void ChangeTypeHalf(QuotaType type)
    {
        HasHalfChange = true;
        if (type == QuotaType.Time)
            (Remaining, Total, Rule, Period) = (null, null, null, null);
        else if (!IsMetered)
            (Remaining, Total) = (0, 0);
        Type = type;
    }

    /// <summary>An admin's call that wrote the new rule to SQL and died; the next reader of SQL applies it.</summary>
    /// <param name="rule">The rule; null = the periods end.</param>
    /// <param name="knowsOldRule">True if the reader has the old rule, so that a period that is over is followed by the next one before the periods end.</param>
    /// <param name="now">When it is read.</param>
    public void ChangeRuleHalf(PeriodRule? rule, bool knowsOldRule, DateTime now)
    {
        if (rule is null && knowsOldRule)
            Touch(now);
        Settle(Type, rule, "", now);
    }

    public void Delete() => IsDeleted = true;

    public override string ToString() =>
        $"{Id} {Type} {Remaining}/{Total}{(Period is null ? "" : $" in {Period}, {Rule}")}{(IsActive ? "" : " disabled")}{(IsDeleted ? " deleted" : "")}";

    /// <summary>Brings the quota in line with new terms. A new rule begins the next period if the present one is over.</summary>
    private void Settle(QuotaType type, PeriodRule? rule, string request, DateTime now)
    {
        if (type == QuotaType.Time)
        {
            if (IsMetered)
                SetQuota(null, null, null, request, "init");
        }
        else if (rule is null)
        {
            if (Period is not null)
                SetQuota(Remaining, Total, null, request, "recharge");
        }
        else if (Period is null)
        {
            int bought = Remaining ?? 0, all = bought + rule.Amount;
            Period = ModelPeriods.First(rule, now, bought);
            SetQuota(all, all, bought, request, ModelPeriods.Row("refill", rule.Amount, now, 1));
        }
        else if (!IsOver(now) && rule.Amount != Period.Amount)
        {
            int had = Remaining!.Value, bought = Period.BoughtOf(had);
            int after = Math.Max(had + rule.Amount - Period.Amount, bought);
            Period = Period with { Amount = rule.Amount };
            SetQuota(after, Total + after - had, bought, request, "recharge");
        }

        (Type, Rule) = (type, rule);
    }

    /// <summary>Sets the quota; <paramref name="bought"/> null = it has no periods any more.</summary>
    private void SetQuota(int? remaining, int? total, int? bought, string request, string change)
    {
        (Remaining, Total) = (remaining, total);
        Period = bought is null || Period is null ? null : Period with { Bought = bought.Value };
        _changes.Add((request, change));
    }
}
