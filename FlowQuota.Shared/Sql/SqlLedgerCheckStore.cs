using Dapper;
using FlowQuota.Ledger;

namespace FlowQuota.Sql;

/// <summary>
/// <see cref="ILedgerCheckStore"/>: the statement that operators run by hand, and the newest row of each token.
/// </summary>
/// <param name="dialect">The server.</param>
public sealed class SqlLedgerCheckStore(SqlDialect dialect) : ILedgerCheckStore
{
    // A page of tokens may have millions of rows, and no call waits for this.
    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> ListTokensAsync(string? after, int limit, CancellationToken cancellationToken) =>
        dialect.ReadAsync<IReadOnlyList<string>>(
            async (connection, ct) =>
                [.. await connection.QueryAsync<string>(dialect.ReportCommand(SqlStatement.ListLedgers, new { After = after ?? "", Limit = limit }, ct))],
            cancellationToken);

    /// <inheritdoc/>
    public Task<LedgerFindings> CheckAsync(string? first, string? last, CancellationToken cancellationToken)
    {
        // In the client of MySQL these are variables that are not set; here they are parameters.
        var values = new { first_token = first, last_token = last };
        return dialect.ReadAsync(
            async (connection, ct) =>
            {
                var problems = await connection.QueryAsync<ProblemRow>(dialect.ReportCommand(SqlStatement.VerifyLedger, values, ct));
                var tails = await connection.QueryAsync<TailRow>(dialect.ReportCommand(SqlStatement.ReadLedgerTails, values, ct));
                return new LedgerFindings(
                    [.. problems.Select(row => new LedgerProblem(row.Token, row.Epoch, row.Seq, row.Problem, row.Detail))],
                    tails.ToDictionary(
                        row => row.Token,
                        row => new LedgerTail(
                            row.Token, row.WorkspaceId, row.Email, new LedgerPosition(row.Epoch, row.Seq), row.QuotaAfter, row.Total, row.Period)
                        {
                            Reserved = row.Reserved,
                            Rule = row.Rule,
                            TermsVersion = row.TermsVersion,
                        },
                        StringComparer.Ordinal));
            },
            cancellationToken);
    }

    private sealed class ProblemRow
    {
        public string? Token { get; init; }

        public long? Epoch { get; init; }

        public long? Seq { get; init; }

        public required string Problem { get; init; }

        public required string Detail { get; init; }
    }

    private sealed class TailRow
    {
        public required string Token { get; init; }

        public required string WorkspaceId { get; init; }

        public required string Email { get; init; }

        public int Epoch { get; init; }

        public long Seq { get; init; }

        public int? QuotaAfter { get; init; }

        public int? Total { get; init; }

        public string? Period { get; init; }

        public int Reserved { get; init; }

        public string? Rule { get; init; }

        public long? TermsVersion { get; init; }
    }
}
