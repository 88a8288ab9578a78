namespace FlowQuota.Import;

/// <summary>The owner of the tables in the database into which an import is to write.</summary>
internal enum TargetSchema
{
    /// <summary>There are no tables.</summary>
    Missing,

    /// <summary>Another system: the Go system has a table of the same name.</summary>
    Foreign,

    /// <summary>FlowQuota.</summary>
    Ours,
}
