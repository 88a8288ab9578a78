using Dapper;
using FlowQuota.Ledger;
using FlowQuota.Sql;
using FlowQuota.Tokens;

namespace FlowQuota.Import;

/// <summary>Writes imported tokens, on the connection that holds the lock.</summary>
/// <remarks>
/// A token's history is written first, a batch at a time. The token itself is written last, together with its <c>init</c>
/// row, so a token that is here always has its whole history.
/// </remarks>
internal sealed class SqlImportSession(SqlDialect dialect, SqlNamedLock held) : IAsyncDisposable
{
    private readonly QuotaLogWriter _inserts = new(dialect);

    /// <summary>Removes the history of tokens that are not here, left by an earlier run that was interrupted.</summary>
    public Task RemoveHistoryAsync(IReadOnlyCollection<string> tokenIds, CancellationToken cancellationToken)
    {
        string sql = $"DELETE FROM token_quota_logs WHERE token IN @tokenIds AND epoch = {LedgerPosition.ImportedEpoch}";
        return dialect.WriteOnAsync(
            held.Connection,
            (transaction, ct) => transaction.Connection!.ExecuteAsync(new CommandDefinition(sql, new { tokenIds }, transaction, cancellationToken: ct)),
            cancellationToken);
    }

    /// <summary>Writes some history.</summary>
    public Task WriteHistoryAsync(IReadOnlyList<QuotaLogEntry> entries, CancellationToken cancellationToken) =>
        dialect.WriteOnAsync(
            held.Connection, (transaction, ct) => _inserts.ExecuteAsync(transaction, entries.ToArray(), ct), cancellationToken);

    /// <summary>Writes tokens, each with the first row of its ledger, which grants the remaining calls.</summary>
    public Task WriteTokensAsync(IReadOnlyList<AccessToken> tokens, string requestId, DateTime now, CancellationToken cancellationToken)
    {
        QuotaLogEntry[] grants = [.. tokens.Select(token => new QuotaLogEntry
        {
            TokenId = token.TokenId,
            WorkspaceId = token.WorkspaceId,
            Email = token.Email,
            Position = new LedgerPosition(token.SyncedEpoch, token.SyncedSeq),
            QuotaBefore = token.RemainingQuota is null ? null : 0,
            QuotaAfter = token.RemainingQuota,
            QuotaChange = token.RemainingQuota ?? 0,
            Action = QuotaAction.Init,
            RequestId = requestId,
            CreatedAt = now,
            TotalAfter = token.TotalQuota,
        })];
        return dialect.WriteOnAsync(
            held.Connection,
            async (transaction, ct) =>
            {
                TokenInsert[] inserts = dialect.InsertsManyRowsAtOnce
                    ? [new TokenInsert(dialect, tokens)]
                    : [.. tokens.Select(token => new TokenInsert(dialect, [token]))];
                await transaction.Connection!.ExecuteAsync(new CommandDefinition(
                    inserts[0].Text(), inserts, transaction, flags: CommandFlags.NoCache, cancellationToken: ct));
                return await _inserts.ExecuteAsync(transaction, grants, ct);
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => held.DisposeAsync();
}
