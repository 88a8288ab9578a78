namespace FlowQuota.Storage.Sql;

/// <summary>What a driver's exception means for the work that it stopped.</summary>
internal enum SqlFailure
{
    /// <summary>Nothing that a store can handle: a bug.</summary>
    Unexpected,

    /// <summary>The server rolled the work back (deadlock, lock wait): the same work may be done again at once.</summary>
    RolledBack,

    /// <summary>The connection broke: whether a commit came through is not known.</summary>
    ConnectionLost,

    /// <summary>The server cannot serve now: not reachable, too slow, full, read-only.</summary>
    Unavailable,

    /// <summary>A value does not fit its column; the same value never will.</summary>
    ContentRefused,

    /// <summary>A unique key is taken.</summary>
    DuplicateKey,

    /// <summary>The account may not do this.</summary>
    NotAllowed,

    /// <summary>The database, or a table or column of this version, is not there.</summary>
    SchemaMissing,
}
