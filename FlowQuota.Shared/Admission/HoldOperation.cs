namespace FlowQuota.Admission;

/// <summary>What is asked of a reservation.</summary>
public enum HoldOperation
{
    /// <summary>Nothing: how is it?</summary>
    Look,

    /// <summary>Consumes what was used, and releases the rest.</summary>
    Commit,

    /// <summary>Releases its units, because they are not needed.</summary>
    Cancel,

    /// <summary>Releases its units, because its time is over.</summary>
    Expire,

    /// <summary>Releases its units, because its caller was told that it could not be made.</summary>
    Undo,
}
