namespace FlowQuota.Sql;

/// <summary>Which columns rows of the log need. A column that is always null costs as much to write as any other.</summary>
internal enum LogColumns
{
    /// <summary>Those of a metered call.</summary>
    Change,

    /// <summary>Also those of a call's outcome.</summary>
    Outcome,

    /// <summary>Also those of a grant, a period, a reservation, a key or a label.</summary>
    All,
}
