using System.Text;
using System.Text.Json;
using Dapper;
using FlowQuota.Quotas;

namespace FlowQuota.Storage.Sql;

/// <summary><see cref="IQuotaStore"/> in <c>access_tokens</c>.</summary>
/// <param name="dialect">The server.</param>
/// <param name="clock">What <c>quota_synced_at</c> is taken from.</param>
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
        // MySQL refuses to compare an ASCII column with anything else; such a token cannot exist.
        var tokens = batch.Select(snapshot => snapshot.TokenId).Where(token => Ascii.IsValid(token)).ToArray();

        // The rows stay locked from here to the commit, in the order of their key, so two writers cannot deadlock and what
        // is reported as refused is what SQL has.
        var lockRows = $"""
            SELECT access_token, synced_epoch, synced_seq
            FROM access_tokens
            WHERE access_token IN @tokens
            ORDER BY access_token
            {dialect.ForUpdate}
            """;
        return await dialect.WriteKeptAsync<IReadOnlyList<RefusedSnapshot>>(
            async (transaction, ct) =>
            {
                var connection = transaction.Connection!;
                var rows = await connection.QueryAsync<(string Token, int Epoch, long Seq)>(
                    new CommandDefinition(lockRows, new { tokens }, transaction, cancellationToken: ct));
                var synced = rows.ToDictionary(row => row.Token, row => new LedgerPosition(row.Epoch, row.Seq), StringComparer.Ordinal);

                var newer = batch.Where(snapshot => synced.TryGetValue(snapshot.TokenId, out var has) && has < snapshot.Position).ToArray();
                if (newer.Length > 0)
                {
                    await connection.ExecuteAsync(new CommandDefinition(
                        dialect.UpdateQuotas, new { Quotas = ToJson(newer), Now = clock.GetUtcNow().UtcDateTime }, transaction, cancellationToken: ct));
                }

                return
                [
                    .. batch.Except(newer).Select(snapshot => new RefusedSnapshot(
                        snapshot.TokenId, synced.TryGetValue(snapshot.TokenId, out var has) ? has : null)),
                ];
            },
            cancellationToken);
    }

    private static string ToJson(QuotaSnapshot[] snapshots) => JsonSerializer.Serialize(snapshots.Select(snapshot => new
    {
        token = snapshot.TokenId,
        epoch = snapshot.Position.Epoch,
        seq = snapshot.Position.Seq,
        remaining = snapshot.Remaining,
        total = snapshot.Total,
    }));
}
