using Dapper;
using FlowQuota.Reservations;

namespace FlowQuota.Sql;

/// <summary><see cref="IReservationStore"/> in <c>quota_reservations</c>.</summary>
/// <param name="dialect">The server.</param>
public sealed class SqlReservationStore(SqlDialect dialect) : IReservationStore
{
    /// <inheritdoc/>
    public async Task<Reservation?> FindAsync(string tokenId, string reservationId, CancellationToken cancellationToken) =>
        await FindAsync(["token = @tokenId", "reservation_id = @reservationId"], new { tokenId, reservationId, limit = 1 }, cancellationToken) is [var found]
            ? found
            : null;

    /// <inheritdoc/>
    public Task<IReadOnlyList<Reservation>> ListAsync(string tokenId, int limit, CancellationToken cancellationToken) =>
        FindAsync(["token = @tokenId"], new { tokenId, limit }, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> ListTokensToExpireAsync(DateTime now, int limit, CancellationToken cancellationToken) =>
        dialect.ReadAsync<IReadOnlyList<string>>(
            async (connection, ct) =>
                [.. await connection.QueryAsync<string>(dialect.Command(SqlStatement.FindTokensToExpire, new { now, limit }, ct))],
            cancellationToken);

    private Task<IReadOnlyList<Reservation>> FindAsync(IReadOnlyList<string> conditions, object values, CancellationToken cancellationToken)
    {
        string text = dialect.Text(SqlStatement.FindReservations, conditions);
        return dialect.ReadAsync<IReadOnlyList<Reservation>>(
            async (connection, ct) =>
            {
                var rows = await connection.QueryAsync<ReservationRow>(new CommandDefinition(text, values, cancellationToken: ct));
                return [.. rows.Select(row => row.ToReservation())];
            },
            cancellationToken);
    }
}
