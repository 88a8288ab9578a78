using System.Data.Common;
using System.Text.Json;
using Dapper;
using FlowQuota.Ledger;
using FlowQuota.Reservations;

namespace FlowQuota.Sql;

/// <summary>Reads and writes <c>quota_reservations</c> within a transaction of another store.</summary>
internal static class SqlReservations
{
    /// <summary>More than a token can have open.</summary>
    private const int AllOpen = 10_000;

    /// <summary>Writes the reservations that the entries state, in one statement; nothing if none states any.</summary>
    /// <param name="dialect">The server.</param>
    /// <param name="transaction">The transaction of the entries.</param>
    /// <param name="entries">The entries, in the order of their changes.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    public static async Task WriteAsync(
        SqlDialect dialect, DbTransaction transaction, IReadOnlyCollection<QuotaLogEntry> entries, CancellationToken cancellationToken)
    {
        var stating = entries.Where(entry => entry.Reservation is not null).Select(ToJson).ToList();
        if (stating.Count == 0)
            return;
        var values = new { Reservations = JsonSerializer.Serialize(stating) };
        await transaction.Connection!.ExecuteAsync(dialect.Command(SqlStatement.WriteReservations, values, transaction, cancellationToken));
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

    private static object ToJson(QuotaLogEntry entry)
    {
        var reservation = entry.Reservation!;
        return new
        {
            token = entry.TokenId,
            id = reservation.Id,
            state = ReservationStates.NameOf(reservation.State),
            amount = reservation.Amount,
            at = UtcDateTimeHandler.ToText(entry.CreatedAt),
            expires_at = UtcDateTimeHandler.ToText(reservation.ExpiresAt),
            ended_at = reservation.EndedAt is { } ended ? UtcDateTimeHandler.ToText(ended) : null,
            consumed = reservation.Consumed,
            released = reservation.Released,
            uncovered = reservation.Uncovered,
            is_late = reservation.IsLate ? 1 : 0,
            period = reservation.Period,
            period_units = reservation.PeriodUnits,
            meter = reservation.Meter,
            epoch = entry.Position.Epoch,
            seq = entry.Position.Seq,
        };
    }
}
