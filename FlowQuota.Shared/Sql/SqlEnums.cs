using FlowQuota.Ledger;
using FlowQuota.Tokens;

namespace FlowQuota.Sql;

/// <summary>The values of our enumerations in SQL. Dapper reads them back and ignores case.</summary>
internal static class SqlEnums
{
    /// <summary>Column <c>quota_type</c>.</summary>
    public static string Of(QuotaType type) => type switch
    {
        QuotaType.Time => "time",
        QuotaType.Count => "count",
        QuotaType.Hybrid => "hybrid",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };

    /// <summary>Column <c>operation_type</c>.</summary>
    public static string Of(ExpiryOperation operation) => operation switch
    {
        ExpiryOperation.Add => "add",
        ExpiryOperation.Set => "set",
        ExpiryOperation.Unlimited => "unlimited",
        _ => throw new ArgumentOutOfRangeException(nameof(operation), operation, null),
    };

    /// <summary>Column <c>action</c>.</summary>
    public static string Of(QuotaAction action) => action switch
    {
        QuotaAction.Init => "init",
        QuotaAction.Consume => "consume",
        QuotaAction.Refund => "refund",
        QuotaAction.Recharge => "recharge",
        QuotaAction.Refill => "refill",
        QuotaAction.Expire => "expire",
        QuotaAction.Reserve => "reserve",
        QuotaAction.Release => "release",
        _ => throw new ArgumentOutOfRangeException(nameof(action), action, null),
    };
}
