namespace FlowQuota.Storage.Redis;

/// <summary>The scripts, each in a <c>.lua</c> file that tells its keys, arguments, replies and what it keeps.</summary>
internal enum RedisScript
{
    Admit,
    Refund,
    Change,
    LoadBegin,
    LoadEnd,
    Delete,
    Look,
    Mend,
    AppendAudit,
    TakeLease,
    RemoveAudit,
    RemoveSync,
    Release,
    EvictGhost,
}
