namespace FlowQuota.Sql;

/// <summary>The meaning of a driver's exception for the work that it stopped.</summary>
internal enum SqlFailure
{
    /// <summary>A bug: no store can handle it.</summary>
    Unexpected,

    /// <summary>The server rolled the work back (deadlock, lock wait); it may be repeated at once.</summary>
    RolledBack,

    /// <summary>The connection broke; whether a commit succeeded is not known.</summary>
    ConnectionLost,

    /// <summary>The server cannot serve now: not reachable, too slow, full, read-only.</summary>
    Unavailable,

    /// <summary>A value does not fit its column; a repeat fails, too.</summary>
    ContentRefused,

    /// <summary>A unique key is taken.</summary>
    DuplicateKey,

    /// <summary>The account may not do this.</summary>
    NotAllowed,

    /// <summary>The database, or a table or column of this version, does not exist.</summary>
    SchemaMissing,
}
