namespace FlowQuota.Redis;

/// <summary>The two outboxes in Redis, each with its queue, ring and lease.</summary>
public enum OutboxKind
{
    /// <summary>The latest quota of each changed token, on its way to <c>access_tokens</c>.</summary>
    Sync,

    /// <summary>Audit events, on their way to <c>token_quota_logs</c>.</summary>
    Audit,
}
