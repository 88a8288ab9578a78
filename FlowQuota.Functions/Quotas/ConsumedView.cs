namespace FlowQuota.Functions.Quotas;

/// <summary>What is left after a call was metered.</summary>
internal sealed record ConsumedView(string QuotaType, int? TotalQuota, int? RemainingQuota);
