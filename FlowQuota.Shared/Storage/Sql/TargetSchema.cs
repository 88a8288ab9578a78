namespace FlowQuota.Storage.Sql;

/// <summary>Whose tables are in the database into which an import is to write.</summary>
internal enum TargetSchema
{
    /// <summary>There are none.</summary>
    Missing,

    /// <summary>Another system's: the Go system has a table of the same name.</summary>
    Foreign,

    /// <summary>Ours.</summary>
    Ours,
}
