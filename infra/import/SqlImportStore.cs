using System.Data.Common;
using Dapper;
using FlowQuota.Sql;

namespace FlowQuota.Import;

/// <summary>Reads our database for an import, before it writes.</summary>
/// <param name="dialect">The server.</param>
internal sealed class SqlImportStore(SqlDialect dialect)
{
    private const string LockName = "import";

    /// <summary>Finds out whose <c>access_tokens</c> exists.</summary>
    public async Task<TargetSchema> ReadSchemaAsync(CancellationToken cancellationToken)
    {
        long? columns = await dialect.ReadAsync(
            (connection, ct) => connection.ExecuteScalarAsync<long?>(dialect.Command(SqlStatement.CountSecretHashColumns, null, ct)),
            cancellationToken);
        return columns switch
        {
            null => TargetSchema.Missing,
            0 => TargetSchema.Foreign,
            _ => TargetSchema.Ours,
        };
    }

    /// <summary>The public id of the newest token; null if there is none.</summary>
    public Task<string?> FindNewestTokenAsync(CancellationToken cancellationToken) =>
        dialect.ReadAsync(
            (connection, ct) => connection.ExecuteScalarAsync<string?>(
                new CommandDefinition("SELECT access_token FROM access_tokens ORDER BY id DESC LIMIT 1", cancellationToken: ct)),
            cancellationToken);

    /// <summary>Finds the stored state of some tokens, deleted ones included while their rows are kept.</summary>
    /// <returns>By public id; unknown tokens are missing.</returns>
    public Task<IReadOnlyDictionary<string, StoredToken>> FindAsync(IReadOnlyCollection<string> tokenIds, CancellationToken cancellationToken) =>
        tokenIds.Count == 0
            ? Task.FromResult<IReadOnlyDictionary<string, StoredToken>>(new Dictionary<string, StoredToken>())
            : dialect.ReadAsync((connection, ct) => FindAsync(connection, tokenIds, ct), cancellationToken);

    /// <summary>Begins to write; null if another import is writing.</summary>
    public async Task<SqlImportSession?> TryBeginAsync(CancellationToken cancellationToken)
    {
        var held = await dialect.TryLockAsync(LockName, TimeSpan.Zero, cancellationToken);
        return held is null ? null : new SqlImportSession(dialect, held);
    }

    private static async Task<IReadOnlyDictionary<string, StoredToken>> FindAsync(
        DbConnection connection, IReadOnlyCollection<string> tokenIds, CancellationToken cancellationToken)
    {
        const string live = """
            SELECT t.access_token, t.secret_hash, t.rotation, l.quota_after, CASE WHEN l.request_id LIKE @Imported THEN 1 ELSE 0 END
            FROM access_tokens AS t
            LEFT JOIN token_quota_logs AS l ON l.token = t.access_token AND l.epoch = 1 AND l.seq = 1
            WHERE t.access_token IN @Ids
            """;
        const string logged = "SELECT DISTINCT token FROM token_quota_logs WHERE token IN @Ids AND epoch > 0";

        Dictionary<string, StoredToken> found = new(StringComparer.Ordinal);
        var rows = await connection.QueryAsync<(string Id, byte[] SecretHash, int Rotation, int? Remaining, long IsImported)>(new CommandDefinition(
            live, new { Ids = tokenIds, Imported = $"{LegacyImport.RequestIdPrefix}%" }, cancellationToken: cancellationToken));
        foreach (var row in rows)
            found.TryAdd(row.Id, new StoredToken(row.SecretHash, row.Rotation > 0, row.IsImported == 1 ? row.Remaining : null));

        string[] others = [.. tokenIds.Where(id => !found.ContainsKey(id))];
        if (others.Length > 0)
        {
            foreach (string id in await connection.QueryAsync<string>(new CommandDefinition(logged, new { Ids = others }, cancellationToken: cancellationToken)))
                found.TryAdd(id, new StoredToken(SecretHash: null, IsRotated: false, ImportedRemaining: null));
        }

        return found;
    }
}
