using Dapper;
using FlowQuota.Usage;

namespace FlowQuota.Sql;

/// <summary><see cref="IStatementStore"/> over <c>token_quota_logs</c>.</summary>
/// <param name="dialect">The server.</param>
/// <param name="clock">The clock of a cleanup that is under way.</param>
public sealed class SqlStatementStore(SqlDialect dialect, TimeProvider clock) : IStatementStore
{
    /// <inheritdoc/>
    public Task<LedgerStatement?> ReadAsync(string tokenId, DateTime from, DateTime until, CancellationToken cancellationToken) =>
        dialect.ReadAsync(
            async (connection, ct) =>
            {
                var values = new { TokenId = tokenId, From = from, Until = until };
                var row = await connection.QuerySingleAsync<StatementRow>(
                    dialect.ReportCommand(SqlStatement.ReadStatement, values, ct));
                // After the rows: retention records a run before it removes any.
                var cleanedBefore = await SqlCleanups.ReadCleanedBeforeAsync(dialect, connection, clock.GetUtcNow().UtcDateTime, ct);
                return row.ToStatement(from >= cleanedBefore);
            },
            cancellationToken);

    private sealed class StatementRow
    {
        public long? EndedBefore { get; init; }

        public long? Opening { get; init; }

        public long? Closing { get; init; }

        public long Firsts { get; init; }

        public long Breaks { get; init; }

        public long Granted { get; init; }

        public long Refilled { get; init; }

        public long Used { get; init; }

        public long Refunded { get; init; }

        public long Expired { get; init; }

        public long Held { get; init; }

        public LedgerStatement? ToStatement(bool isKept)
        {
            if ((Opening ?? EndedBefore) is not { } opening) return null;

            long closing = Closing ?? opening;
            bool isBalanced = Breaks == 0 && (EndedBefore ?? opening) == opening
                && opening + Granted + Refilled - Used + Refunded - Expired - Held == closing;
            // Retention removes the oldest rows first.
            bool isWhole = isKept || EndedBefore is not null || Firsts > 0;
            return new LedgerStatement(opening, Granted, Refilled, Used, Refunded, Expired, Held, closing, isWhole ? isBalanced : null);
        }
    }
}
