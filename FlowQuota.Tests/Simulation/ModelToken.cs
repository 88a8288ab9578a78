using FlowQuota.Admission;
using FlowQuota.Ledger;
using FlowQuota.Tests.Apps;
using FlowQuota.Tokens;

namespace FlowQuota.Tests.Simulation;

/// <summary>The expected state of a token, by the documented rules only: no Redis, no SQL, no epochs.</summary>
internal sealed class ModelToken(TestHolder holder)
{
    private readonly List<(string Request, string Action)> _changes = [("create", "init")];

    public TestHolder Holder { get; } = holder;

    public string Id => Holder.Id;

    public QuotaType Type { get; private set; } = holder.Token.QuotaType;

    public int? Remaining { get; private set; } = holder.Token.RemainingQuota;

    public int? Total { get; private set; } = holder.Token.TotalQuota;

    public bool IsActive { get; private set; } = true;

    public bool IsDeleted { get; private set; }

    public bool IsMetered => Type != QuotaType.Time;

    /// <summary>True once an admin's call died between SQL and Redis: a row of the load's own may give up the rest of the old quota.</summary>
    public bool HasHalfChange { get; private set; }

    /// <summary>The expected rows, by request and action, in order.</summary>
    public IReadOnlyList<(string Request, string Action)> Changes => _changes;

    /// <summary>The outcomes of executed calls; a request that is not in it has none.</summary>
    public Dictionary<string, bool> Outcomes { get; } = [];

    public AdmissionStatus Admit(int cost, string request)
    {
        if (IsDeleted)
            return AdmissionStatus.Unknown;
        if (!IsActive)
            return AdmissionStatus.Disabled;
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

    public bool Refund(int cost, string request)
    {
        int units = IsDeleted || !IsMetered ? 0 : Math.Min(cost, Total!.Value - Remaining!.Value);
        if (units <= 0)
            return false;
        Remaining += units;
        _changes.Add((request, "refund"));
        return true;
    }

    /// <summary>Applies an admin's change; false if it must be refused.</summary>
    public bool Change(TokenChange change, string request)
    {
        var type = change.QuotaType ?? Type;
        bool isMetered = type != QuotaType.Time;
        bool hasOperation = change.QuotaOperation != QuotaOperation.None;
        if (hasOperation && !isMetered)
            return false;
        if (isMetered && !IsMetered && (!hasOperation || change is { QuotaOperation: QuotaOperation.Reset, QuotaAmount: null }))
            return false;
        int had = Remaining ?? 0, of = Total ?? 0;
        if (change is { QuotaOperation: QuotaOperation.Reset, QuotaAmount: null } && of == 0)
            return false;

        if (!isMetered && IsMetered)
            SetQuota(null, null, request, "init");
        int amount = change.QuotaAmount ?? of;
        switch (change.QuotaOperation)
        {
            case QuotaOperation.Add:
                SetQuota(had + amount, of + amount, request, "recharge");
                break;
            case QuotaOperation.Set:
                SetQuota(amount, of - had + amount, request, "recharge");
                break;
            case QuotaOperation.Reset:
                SetQuota(amount, amount, request, "init");
                break;
        }

        Type = type;
        IsActive = change.IsActive ?? IsActive;
        return true;
    }

    /// <summary>An admin's call that wrote the new type to SQL and died; the next reader of SQL applies it.</summary>
    public void ChangeTypeHalf(QuotaType type)
    {
        HasHalfChange = true;
        if (type == QuotaType.Time)
            (Remaining, Total) = (null, null);
        else if (!IsMetered)
            (Remaining, Total) = (0, 0);
        Type = type;
    }

    public void Delete() => IsDeleted = true;

    public override string ToString() =>
        $"{Id} {Type} {Remaining}/{Total}{(IsActive ? "" : " disabled")}{(IsDeleted ? " deleted" : "")}";

    private void SetQuota(int? remaining, int? total, string request, string action)
    {
        (Remaining, Total) = (remaining, total);
        _changes.Add((request, action));
    }
}
