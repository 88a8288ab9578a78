namespace FlowQuota.Functions.Quotas;

/// <summary>The remaining quota after a call was metered.</summary>
internal sealed record ConsumedView(string QuotaType, int? TotalQuota, int? RemainingQuota);
