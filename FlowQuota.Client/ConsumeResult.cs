namespace FlowQuota.Client;

/// <summary>The decision on a <see cref="FlowQuotaClient.ConsumeAsync"/>.</summary>
public sealed record ConsumeResult : MeteredResult;
