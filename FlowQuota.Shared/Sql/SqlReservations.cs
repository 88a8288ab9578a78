using System.Data.Common;
using Dapper;
using FlowQuota.Ledger;
using FlowQuota.Reservations;

namespace FlowQuota.Sql;

/// <summary>Reads and writes <c>quota_reservations</c> within a transaction of another store.</summary>
internal static class SqlReservations
{
    /// <summary>More than a token can have open.</summary>
    private const int AllOpen = 10_000;

    /// <summary>Writes the reservations that the entries state.</summary>
    public static async Task WriteAsync(
        SqlDialect dialect, DbTransaction transaction, IReadOnlyCollection<QuotaLogEntry> entries, CancellationToken cancellationToken)
    {
        foreach (var entry in entries)
        {
            if (entry.Reservation is not { } reservation)
                continue;
            var values = new
            {
                Token = entry.TokenId,
                reservation.Id,
                State = ReservationStates.NameOf(reservation.State),
                reservation.Amount,
                At = entry.CreatedAt,
                reservation.ExpiresAt,
                reservation.EndedAt,
                reservation.Consumed,
                reservation.Released,
                reservation.Uncovered,
                reservation.IsLate,
                reservation.Period,
                reservation.PeriodUnits,
                reservation.Meter,
                entry.Position.Epoch,
                entry.Position.Seq,
            };
            await transaction.Connection!.ExecuteAsync(dialect.Command(SqlStatement.WriteReservation, values, transaction, cancellationToken));
        }
    }

    /// <summary>Reads the open reservations of a token.</summary>
    public static async Task<IReadOnlyList<Reservation>> ReadOpenAsync(
        SqlDialect dialect, DbTransaction transaction, string tokenId, CancellationToken cancellationToken)
    {
        string text = dialect.Text(SqlStatement.FindReservations, ["token = @tokenId", "state = 'open'"]);
        var rows = await transaction.Connection!.QueryAsync<ReservationRow>(
            new CommandDefinition(text, new { tokenId, limit = AllOpen }, transaction, cancellationToken: cancellationToken));
        return [.. rows.Select(row => row.ToReservation())];
    }
}
