using System.Data.Common;
using System.Text;
using Dapper;
using FlowQuota.Quotas;
using FlowQuota.Tokens;

namespace FlowQuota.Storage.Sql;

/// <summary><see cref="ITokenStore"/> in <c>access_tokens</c>.</summary>
/// <param name="dialect">The server.</param>
/// <param name="clock">What <c>updated_at</c> is taken from.</param>
public sealed class SqlTokenStore(SqlDialect dialect, TimeProvider clock) : ITokenStore
{
    private const string Columns = """
        id AS Id, access_token AS TokenId, secret_hash AS SecretHash, ws_id AS WorkspaceId, email AS Email,
        created_at AS CreatedAt, expires_at AS ExpiresAt, operation_type AS OperationType, is_active AS IsActive,
        rate_limit_per_minute AS RateLimitPerMinute, rate_limit_burst AS RateLimitBurst,
        rate_limit_window_seconds AS RateLimitWindowSeconds, quota_type AS QuotaType, total_quota AS TotalQuota,
        remaining_quota AS RemainingQuota, quota_synced_at AS QuotaSyncedAt, updated_at AS UpdatedAt,
        quota_epoch AS QuotaEpoch, synced_epoch AS SyncedEpoch, synced_seq AS SyncedSeq, row_version AS RowVersion
        """;

    private const string SelectOne = $"SELECT {Columns} FROM access_tokens WHERE access_token = @tokenId";

    /// <inheritdoc/>
    public async Task<AccessToken> CreateAsync(AccessToken token, string requestId, CancellationToken cancellationToken)
    {
        try
        {
            return await dialect.WriteAsync((transaction, ct) => InsertAsync(transaction, token, requestId, ct), repeatable: true, cancellationToken);
        }
        catch (SqlFailedException failed) when (failed.Failure == SqlFailure.DuplicateKey)
        {
            // A first try was committed although its answer was lost; the secret says that the row is ours.
            var stored = await FindAsync(token.TokenId, cancellationToken);
            if (stored is not null && stored.SecretHash.AsSpan().SequenceEqual(token.SecretHash)) return stored;
            throw;
        }
    }

    /// <inheritdoc/>
    public Task<AccessToken?> FindAsync(string tokenId, CancellationToken cancellationToken) =>
        CanExist(tokenId)
            ? dialect.ReadAsync(
                (connection, ct) => connection.QuerySingleOrDefaultAsync<AccessToken>(
                    new CommandDefinition(SelectOne, new { tokenId }, cancellationToken: ct)),
                cancellationToken)
            : Task.FromResult<AccessToken?>(null);

    /// <inheritdoc/>
    public Task<TokenPage> SearchAsync(TokenQuery query, CancellationToken cancellationToken)
    {
        if (query.TokenId is not null && !CanExist(query.TokenId)) return Task.FromResult(new TokenPage([], 0));

        var where = Where(query);
        var page = $"SELECT {Columns} FROM access_tokens {where} ORDER BY id LIMIT @Limit OFFSET @Offset";
        var count = $"SELECT COUNT(*) FROM access_tokens {where}";
        var values = new
        {
            query.TokenId,
            query.WorkspaceId,
            query.Email,
            Limit = query.PageSize,
            Offset = (query.Page - 1L) * query.PageSize,
        };
        return dialect.ReadAsync(
            async (connection, ct) => new TokenPage(
                (await connection.QueryAsync<AccessToken>(new CommandDefinition(page, values, cancellationToken: ct))).AsList(),
                await connection.ExecuteScalarAsync<long>(new CommandDefinition(count, values, cancellationToken: ct))),
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task<RememberedRequest?> FindRequestAsync(TokenRequest request, CancellationToken cancellationToken)
    {
        const string sql = """
            SELECT fingerprint AS Fingerprint, epoch AS Epoch, seq AS Seq, created_at AS CreatedAt, result AS Result
            FROM idempotency_keys
            WHERE token = @TokenId AND key_hash = @Hash
            """;
        return dialect.ReadAsync(
            async (connection, ct) =>
                await connection.QuerySingleOrDefaultAsync<RequestRow>(
                    new CommandDefinition(sql, new { request.TokenId, request.Key.Hash }, cancellationToken: ct)) is { } row
                    ? new RememberedRequest(row.Fingerprint, new LedgerPosition(row.Epoch, row.Seq), row.CreatedAt, row.Result)
                    : null,
            cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<AccessToken?> TryBeginChangeAsync(
        TokenRequest request, AccessToken token, bool changesTerms, CancellationToken cancellationToken)
    {
        try
        {
            // Not repeatable: if the commit's answer is lost, the caller is to look for the request first.
            return await dialect.WriteAsync(
                async (transaction, ct) =>
                {
                    if (changesTerms && !await UpdateTermsAsync(transaction, token, ct))
                        return null;
                    if (await SelectAsync(transaction, token.TokenId, ct) is not { } stored)
                        return null;
                    await RememberAsync(transaction, request, new LedgerPosition(stored.SyncedEpoch, stored.SyncedSeq), ct);
                    return stored;
                },
                repeatable: false,
                cancellationToken);
        }
        catch (SqlFailedException failed) when (failed.Failure == SqlFailure.DuplicateKey)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public Task FinishRequestAsync(TokenRequest request, string result)
    {
        const string sql = """
            UPDATE idempotency_keys SET result = @result WHERE token = @TokenId AND key_hash = @Hash AND result IS NULL
            """;
        return dialect.WriteAsync(
            (transaction, ct) => transaction.Connection!.ExecuteAsync(
                new CommandDefinition(sql, new { request.TokenId, request.Key.Hash, result }, transaction, cancellationToken: ct)),
            repeatable: true,
            CancellationToken.None);
    }

    /// <inheritdoc/>
    public Task ForgetRequestAsync(TokenRequest request)
    {
        const string sql = "DELETE FROM idempotency_keys WHERE token = @TokenId AND key_hash = @Hash AND result IS NULL";
        return dialect.WriteAsync(
            (transaction, ct) => transaction.Connection!.ExecuteAsync(
                new CommandDefinition(sql, new { request.TokenId, request.Key.Hash }, transaction, cancellationToken: ct)),
            repeatable: true,
            CancellationToken.None);
    }

    /// <inheritdoc/>
    public Task<AccessToken?> TryUpdateTermsAsync(AccessToken token, CancellationToken cancellationToken)
    {
        if (!CanExist(token.TokenId)) return Task.FromResult<AccessToken?>(null);

        // Not repeatable: a second try of a change that was committed would find another version and deny it.
        return dialect.WriteAsync(
            async (transaction, ct) =>
                await UpdateTermsAsync(transaction, token, ct) ? await SelectAsync(transaction, token.TokenId, ct) : null,
            repeatable: false,
            cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<bool> DeleteAsync(TokenRequest request, CancellationToken cancellationToken)
    {
        const string sql = "DELETE FROM access_tokens WHERE access_token = @TokenId";
        if (!CanExist(request.TokenId)) return false;

        try
        {
            return await dialect.WriteAsync(
                async (transaction, ct) =>
                {
                    if (await transaction.Connection!.ExecuteAsync(
                            new CommandDefinition(sql, new { request.TokenId }, transaction, cancellationToken: ct)) == 0)
                    {
                        return false;
                    }

                    await RememberAsync(transaction, request, default, ct);
                    return true;
                },
                repeatable: false,
                cancellationToken);
        }
        catch (SqlFailedException failed) when (failed.Failure == SqlFailure.DuplicateKey)
        {
            // A token that came back after it was deleted under this request.
            return false;
        }
    }

    /// <inheritdoc/>
    public Task<ColdToken?> TakeEpochAsync(string tokenId, CancellationToken cancellationToken)
    {
        if (!CanExist(tokenId)) return Task.FromResult<ColdToken?>(null);

        // Repeatable: an epoch that nobody uses does no harm.
        return dialect.WriteAsync((transaction, ct) => TakeEpochAsync(transaction, tokenId, ct), repeatable: true, cancellationToken);
    }

    private static async Task<ColdToken?> TakeEpochAsync(DbTransaction transaction, string tokenId, CancellationToken cancellationToken)
    {
        // Locks the row until the commit: whoever comes next gets the next epoch and sees what is read here, or later.
        const string take = "UPDATE access_tokens SET quota_epoch = quota_epoch + 1 WHERE access_token = @tokenId";
        const string newest = """
            SELECT epoch, seq, quota_after
            FROM token_quota_logs
            WHERE token = @tokenId
            ORDER BY epoch DESC, seq DESC
            LIMIT 1
            """;

        // Only the rows of admins' changes state it.
        const string newestTotal = """
            SELECT total_after
            FROM token_quota_logs
            WHERE token = @tokenId AND (epoch > @SyncedEpoch OR (epoch = @SyncedEpoch AND seq > @SyncedSeq)) AND total_after IS NOT NULL
            ORDER BY epoch DESC, seq DESC
            LIMIT 1
            """;
        var connection = transaction.Connection!;
        var taken = await connection.ExecuteAsync(new CommandDefinition(take, new { tokenId }, transaction, cancellationToken: cancellationToken));
        if (taken == 0) return null;

        var token = (await SelectAsync(transaction, tokenId, cancellationToken))!;
        var entry = (await connection.QueryAsync<(int Epoch, long Seq, int? Remaining)>(
            new CommandDefinition(newest, new { tokenId }, transaction, cancellationToken: cancellationToken))).ToList();
        if (entry is not [var (epoch, seq, remaining)]) return new ColdToken(token, null);

        var position = new LedgerPosition(epoch, seq);
        int? total = position <= new LedgerPosition(token.SyncedEpoch, token.SyncedSeq)
            ? null
            : await connection.ExecuteScalarAsync<int?>(new CommandDefinition(
                newestTotal, new { tokenId, token.SyncedEpoch, token.SyncedSeq }, transaction, cancellationToken: cancellationToken));
        return new ColdToken(token, new LoggedQuota(position, remaining, total));
    }

    private async Task<bool> UpdateTermsAsync(DbTransaction transaction, AccessToken token, CancellationToken cancellationToken)
    {
        const string sql = """
            UPDATE access_tokens
            SET expires_at = @ExpiresAt,
                operation_type = @OperationType,
                is_active = @IsActive,
                rate_limit_per_minute = @RateLimitPerMinute,
                rate_limit_burst = @RateLimitBurst,
                rate_limit_window_seconds = @RateLimitWindowSeconds,
                quota_type = @QuotaType,
                updated_at = @Now,
                row_version = row_version + 1
            WHERE access_token = @TokenId AND row_version = @RowVersion
            """;
        var values = new
        {
            token.TokenId,
            token.RowVersion,
            token.ExpiresAt,
            OperationType = SqlNames.Of(token.OperationType),
            token.IsActive,
            token.RateLimitPerMinute,
            token.RateLimitBurst,
            token.RateLimitWindowSeconds,
            QuotaType = SqlNames.Of(token.QuotaType),
            Now = clock.GetUtcNow().UtcDateTime,
        };
        return await transaction.Connection!.ExecuteAsync(
            new CommandDefinition(sql, values, transaction, cancellationToken: cancellationToken)) > 0;
    }

    private async Task RememberAsync(
        DbTransaction transaction, TokenRequest request, LedgerPosition before, CancellationToken cancellationToken)
    {
        const string sql = """
            INSERT INTO idempotency_keys (token, key_hash, fingerprint, request_id, epoch, seq, created_at)
            VALUES (@TokenId, @Hash, @Fingerprint, @RequestId, @Epoch, @Seq, @Now)
            """;
        var values = new
        {
            request.TokenId,
            request.Key.Hash,
            request.Key.Fingerprint,
            request.RequestId,
            before.Epoch,
            before.Seq,
            Now = clock.GetUtcNow().UtcDateTime,
        };
        await transaction.Connection!.ExecuteAsync(new CommandDefinition(sql, values, transaction, cancellationToken: cancellationToken));
    }

    private static async Task<AccessToken> InsertAsync(
        DbTransaction transaction, AccessToken token, string requestId, CancellationToken cancellationToken)
    {
        const string insertToken = """
            INSERT INTO access_tokens (
                access_token, secret_hash, ws_id, email, created_at, expires_at, operation_type, is_active,
                rate_limit_per_minute, rate_limit_burst, rate_limit_window_seconds, quota_type, total_quota,
                remaining_quota, quota_synced_at, updated_at, quota_epoch, synced_epoch, synced_seq, row_version)
            VALUES (
                @TokenId, @SecretHash, @WorkspaceId, @Email, @CreatedAt, @ExpiresAt, @OperationType, @IsActive,
                @RateLimitPerMinute, @RateLimitBurst, @RateLimitWindowSeconds, @QuotaType, @TotalQuota,
                @RemainingQuota, @QuotaSyncedAt, @UpdatedAt, @QuotaEpoch, @SyncedEpoch, @SyncedSeq, @RowVersion)
            """;

        // Epoch 1, seq 1: the grant is the first change of the ledger, from nothing to the total.
        const string insertLog = """
            INSERT INTO token_quota_logs (
                token, epoch, seq, ws_id, email, quota_before, quota_after, quota_change, action, request_id, created_at,
                total_after)
            VALUES (@TokenId, 1, 1, @WorkspaceId, @Email, @Before, @RemainingQuota, @Change, 'init', @RequestId, @CreatedAt,
                @TotalQuota)
            """;
        var values = new
        {
            token.TokenId,
            token.SecretHash,
            token.WorkspaceId,
            token.Email,
            token.CreatedAt,
            token.ExpiresAt,
            OperationType = SqlNames.Of(token.OperationType),
            token.IsActive,
            token.RateLimitPerMinute,
            token.RateLimitBurst,
            token.RateLimitWindowSeconds,
            QuotaType = SqlNames.Of(token.QuotaType),
            token.TotalQuota,
            token.RemainingQuota,
            token.QuotaSyncedAt,
            token.UpdatedAt,
            token.QuotaEpoch,
            token.SyncedEpoch,
            token.SyncedSeq,
            token.RowVersion,
            Before = token.RemainingQuota is null ? (int?)null : 0,
            Change = token.RemainingQuota ?? 0,
            RequestId = requestId,
        };
        var connection = transaction.Connection!;
        await connection.ExecuteAsync(new CommandDefinition(insertToken, values, transaction, cancellationToken: cancellationToken));
        await connection.ExecuteAsync(new CommandDefinition(insertLog, values, transaction, cancellationToken: cancellationToken));
        return (await SelectAsync(transaction, token.TokenId, cancellationToken))!;
    }

    private static Task<AccessToken?> SelectAsync(DbTransaction transaction, string tokenId, CancellationToken cancellationToken) =>
        transaction.Connection!.QuerySingleOrDefaultAsync<AccessToken>(
            new CommandDefinition(SelectOne, new { tokenId }, transaction, cancellationToken: cancellationToken));

    // MySQL takes 'a' and 'a ' for equal, also in a binary collation; the length makes them differ.
    private static string Where(TokenQuery query)
    {
        List<string> conditions = [];
        if (query.TokenId is not null) conditions.Add("access_token = @TokenId");
        if (query.WorkspaceId is not null) conditions.Add("ws_id = @WorkspaceId AND LENGTH(ws_id) = LENGTH(@WorkspaceId)");
        if (query.Email is not null) conditions.Add("email = @Email AND LENGTH(email) = LENGTH(@Email)");
        return conditions.Count == 0 ? "" : $"WHERE {string.Join(" AND ", conditions)}";
    }

    // MySQL refuses to compare an ASCII column with anything else.
    private static bool CanExist(string tokenId) => Ascii.IsValid(tokenId);

    private sealed class RequestRow
    {
        public required string Fingerprint { get; init; }

        public int Epoch { get; init; }

        public long Seq { get; init; }

        public DateTime CreatedAt { get; init; }

        public string? Result { get; init; }
    }
}
