namespace FlowQuota.Redis;

/// <summary>The names of the outboxes in keys, queues and metrics.</summary>
internal static class OutboxKindNames
{
    extension(OutboxKind kind)
    {
        /// <summary><c>sync</c> or <c>audit</c>.</summary>
        public string Name => kind switch
        {
            OutboxKind.Sync => "sync",
            OutboxKind.Audit => "audit",
        };
    }
}
