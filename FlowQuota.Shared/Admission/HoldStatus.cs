namespace FlowQuota.Admission;

/// <summary>The answer to what was asked of a reservation.</summary>
public enum HoldStatus
{
    /// <summary>It is done.</summary>
    Done,

    /// <summary>It was done before; nothing changed.</summary>
    DoneBefore,

    /// <summary>It ended otherwise before; nothing changed.</summary>
    EndedOtherwise,

    /// <summary>It was committed before, with another amount; nothing changed.</summary>
    Mismatch,

    /// <summary>More was used than is held, and the caller refuses that; it stays open.</summary>
    Overrun,

    /// <summary>The token has no such reservation.</summary>
    NotFound,

    /// <summary>The token does not exist, or the secret is wrong.</summary>
    Unknown,
}
