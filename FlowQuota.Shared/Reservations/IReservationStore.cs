namespace FlowQuota.Reservations;

/// <summary>The reservations in SQL. They are written with the log rows of their changes.</summary>
public interface IReservationStore
{
    /// <summary>Finds a reservation of a token; null if SQL has none of this id.</summary>
    Task<Reservation?> FindAsync(string tokenId, string reservationId, CancellationToken cancellationToken);

    /// <summary>Lists reservations of a token: the open ones first, then the newest.</summary>
    /// <param name="tokenId">The public id.</param>
    /// <param name="limit">Most reservations.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    Task<IReadOnlyList<Reservation>> ListAsync(string tokenId, int limit, CancellationToken cancellationToken);

    /// <summary>Lists tokens that have an open reservation whose time is over.</summary>
    /// <param name="now">The current time, UTC.</param>
    /// <param name="limit">Most tokens.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    Task<IReadOnlyList<string>> ListTokensToExpireAsync(DateTime now, int limit, CancellationToken cancellationToken);
}
