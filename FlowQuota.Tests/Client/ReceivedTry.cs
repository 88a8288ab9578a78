namespace FlowQuota.Tests.Client;

/// <summary>A request as FlowQuota receives it.</summary>
/// <param name="At">When.</param>
/// <param name="Uri">Where to.</param>
/// <param name="Authorization">The header; null = none, as are the next two.</param>
/// <param name="IdempotencyKey">The header.</param>
/// <param name="RequestId">The header.</param>
/// <param name="Body">The whole body; '' = none.</param>
internal sealed record ReceivedTry(DateTimeOffset At, Uri Uri, string? Authorization, string? IdempotencyKey, string? RequestId, string Body);
