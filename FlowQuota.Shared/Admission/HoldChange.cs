using FlowQuota.Ledger;
using FlowQuota.Reservations;
using FlowQuota.Tokens;

namespace FlowQuota.Admission;

/// <summary>A change of a reservation that is asked for.</summary>
/// <param name="TokenId">The public id of its token.</param>
/// <param name="ReservationId">Its id.</param>
/// <param name="Operation">What is asked.</param>
/// <param name="RequestId">The request; stored in the rows.</param>
public sealed record HoldChange(string TokenId, string ReservationId, HoldOperation Operation, string RequestId)
{
    /// <summary>The token that the caller presents; null = the service itself asks.</summary>
    public PresentedToken? Presented { get; init; }

    /// <summary>Units that were used, for a commit; 0 or more.</summary>
    public int Used { get; init; }

    /// <summary>True if a commit is to be refused if more was used than is held.</summary>
    public bool RefusesOverrun { get; init; }

    /// <summary>The key of the caller, for the rows; '' = none.</summary>
    public string KeyText { get; init; } = "";

    /// <summary>The reservation as SQL has it, because Redis does not know it any more; null = not looked for.</summary>
    public Reservation? InSql { get; init; }

    /// <summary>The attempt to make the reservation that is undone; null unless <see cref="HoldOperation.Undo"/>.</summary>
    internal ChargeClaim? Claim { get; init; }
}
