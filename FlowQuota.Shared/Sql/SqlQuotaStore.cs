using System.Text;
using System.Text.Json;
using Dapper;
using FlowQuota.Ledger;

namespace FlowQuota.Sql;

/// <summary><see cref="IQuotaStore"/> in <c>access_tokens</c>.</summary>
/// <param name="dialect">The server.</param>
/// <param name="clock">The clock of <c>quota_synced_at</c>.</param>
public sealed class SqlQuotaStore(SqlDialect dialect, TimeProvider clock) : IQuotaStore
{
    private const int RowsPerStatement = 500;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<RefusedSnapshot>> WriteAsync(
        IReadOnlyList<QuotaSnapshot> snapshots, CancellationToken cancellationToken)
    {
        List<RefusedSnapshot> refused = [];
        foreach (var batch in snapshots.OrderBy(snapshot => snapshot.TokenId, StringComparer.Ordinal).Chunk(RowsPerStatement))
            refused.AddRange(await WriteBatchAsync(batch, cancellationToken));
        return refused;
    }

    private async Task<IReadOnlyList<RefusedSnapshot>> WriteBatchAsync(QuotaSnapshot[] batch, CancellationToken cancellationToken)
    {
        // MySQL cannot compare an ASCII column with other characters; such a token cannot exist.
        string[] tokens = batch.Select(snapshot => snapshot.TokenId).Where(token => Ascii.IsValid(token)).ToArray();

        // The rows stay locked until the commit, so the positions that are reported as refused are those in SQL.
        return await dialect.WritePreparedAsync<IReadOnlyList<RefusedSnapshot>>(
            async (transaction, ct) =>
            {
                var connection = transaction.Connection!;
                int written = await connection.ExecuteAsync(dialect.Command(
                    SqlStatement.UpdateQuotas, new { Quotas = ToJson(batch), Now = clock.GetUtcNow().UtcDateTime }, transaction, ct));
                // The rule: under a steady load nothing is refused, and one statement does it all.
                if (written == batch.Length) return [];

                var rows = await connection.QueryAsync<(string Token, int Epoch, long Seq)>(
                    dialect.Command(SqlStatement.FindSyncedPositions, new { tokens }, transaction, ct));
                var synced = rows.ToDictionary(row => row.Token, row => new LedgerPosition(row.Epoch, row.Seq), StringComparer.Ordinal);
                return
                [
                    .. from snapshot in batch
                       let has = synced.TryGetValue(snapshot.TokenId, out var position) ? position : (LedgerPosition?)null
                       where has != snapshot.Position
                       select new RefusedSnapshot(snapshot.TokenId, has),
                ];
            },
            cancellationToken);
    }

    private static string ToJson(IEnumerable<QuotaSnapshot> snapshots) => JsonSerializer.Serialize(snapshots.Select(snapshot => new
    {
        token = snapshot.TokenId,
        epoch = snapshot.Position.Epoch,
        seq = snapshot.Position.Seq,
        remaining = snapshot.Remaining,
        total = snapshot.Total,
        reserved = snapshot.Reserved,
        period = snapshot.Period?.ToText(),
    }));
}
