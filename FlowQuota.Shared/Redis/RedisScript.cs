namespace FlowQuota.Redis;

/// <summary>The scripts. Each is a <c>.lua</c> file whose header lists its keys, arguments, replies and invariants.</summary>
internal enum RedisScript
{
    Admit,
    Refund,

    /// <summary>Keeps the result of a call's code for repeats under its key.</summary>
    KeepResult,

    Change,
    LoadBegin,
    LoadEnd,
    Delete,
    Peek,

    /// <summary>Finds the tokens whose terms are not as SQL has them.</summary>
    CompareTerms,

    /// <summary>Begins the next period of a token.</summary>
    Turn,

    /// <summary>Ends a reservation's hold, or looks at it.</summary>
    Hold,

    Correct,
    AppendAudit,
    TakeLease,
    RemoveAudit,
    RemoveSync,
    Release,
    EvictStale,
    RemoveRefusals,
}
