namespace FlowQuota.Client.Transport.Bodies;

/// <summary>The quota after a call; nulls for a token without one.</summary>
internal sealed record BalanceData(int? TotalQuota, int? RemainingQuota);
