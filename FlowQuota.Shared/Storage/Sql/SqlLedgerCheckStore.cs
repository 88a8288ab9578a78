using System.Reflection;
using Dapper;
using FlowQuota.Auditing;
using FlowQuota.Quotas;

namespace FlowQuota.Storage.Sql;

/// <summary><see cref="ILedgerCheckStore"/>: the statement that operators run by hand, and where the records end.</summary>
/// <param name="dialect">The server.</param>
public sealed class SqlLedgerCheckStore(SqlDialect dialect) : ILedgerCheckStore
{
    // A page of tokens may have millions of records; nobody's call waits for this.
    private const int TimeoutSeconds = 60;

    // In the client of MySQL @first_token and @last_token are variables that are not set; here they are parameters.
    private static readonly string Statement = ReadStatement();

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> ListTokensAsync(string? after, int limit, CancellationToken cancellationToken)
    {
        const string sql = """
            SELECT token FROM (SELECT access_token AS token FROM access_tokens WHERE access_token > @After ORDER BY access_token LIMIT @Limit) AS live
            UNION
            SELECT token FROM (SELECT DISTINCT token FROM token_quota_logs WHERE token > @After ORDER BY token LIMIT @Limit) AS logged
            ORDER BY token
            LIMIT @Limit
            """;
        return dialect.ReadAsync<IReadOnlyList<string>>(
            async (connection, ct) =>
                [.. await connection.QueryAsync<string>(new CommandDefinition(
                    sql, new { After = after ?? "", Limit = limit }, commandTimeout: TimeoutSeconds, cancellationToken: ct))],
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task<LedgerFindings> CheckAsync(string? first, string? last, CancellationToken cancellationToken)
    {
        const string newest = """
            SELECT l.token AS Token, l.ws_id AS WorkspaceId, l.email AS Email, l.epoch AS Epoch, l.seq AS Seq,
                   l.quota_after AS QuotaAfter, t.total_quota AS Total
            FROM (
                SELECT token, ws_id, email, epoch, seq, quota_after,
                       ROW_NUMBER() OVER (PARTITION BY token ORDER BY epoch DESC, seq DESC, created_at DESC) AS age
                FROM token_quota_logs
                WHERE token >= COALESCE(@first_token, '') AND token <= COALESCE(@last_token, '~') AND epoch > 0
            ) AS l
            LEFT JOIN access_tokens AS t ON t.access_token = l.token
            WHERE l.age = 1
            """;
        var values = new { first_token = first, last_token = last };
        return dialect.ReadAsync(
            async (connection, ct) =>
            {
                var problems = await connection.QueryAsync<ProblemRow>(
                    new CommandDefinition(Statement, values, commandTimeout: TimeoutSeconds, cancellationToken: ct));
                var tails = await connection.QueryAsync<TailRow>(
                    new CommandDefinition(newest, values, commandTimeout: TimeoutSeconds, cancellationToken: ct));
                return new LedgerFindings(
                    [.. problems.Select(row => new LedgerProblem(row.Token, row.Epoch, row.Seq, row.Problem, row.Detail))],
                    tails.ToDictionary(
                        row => row.Token,
                        row => new LedgerTail(
                            row.Token, row.WorkspaceId, row.Email, new LedgerPosition(row.Epoch, row.Seq), row.QuotaAfter, row.Total),
                        StringComparer.Ordinal));
            },
            cancellationToken);
    }

    private static string ReadStatement()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("verify_ledger.sql")
            ?? throw new InvalidOperationException("verify_ledger.sql is not embedded.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
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
    }
}
