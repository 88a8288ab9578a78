namespace FlowQuota.Admission;

/// <summary>The outcome of an admin's change.</summary>
public enum QuotaChangeStatus
{
    /// <summary>The change is in force for every instance.</summary>
    Done,

    /// <summary>The quota was changed earlier under the same key and was not changed again; the terms are in force.</summary>
    DoneBefore,

    /// <summary>Another change was made earlier under the same key; nothing changed.</summary>
    Mismatch,

    /// <summary>The token was deleted.</summary>
    Unknown,

    /// <summary>A quota operation on a token that is of type <c>time</c>.</summary>
    Unmetered,

    /// <summary>A reset without an amount on a token that never had a total.</summary>
    Unset,

    /// <summary>The quota would exceed 2,147,483,647.</summary>
    Overflow,
}
