using System.Data.Common;
using System.Text;
using Dapper;
using FlowQuota.Ledger;
using FlowQuota.Periods;
using FlowQuota.Tokens;

namespace FlowQuota.Sql;

/// <summary><see cref="ITokenStore"/> in <c>access_tokens</c>.</summary>
/// <param name="dialect">The server.</param>
/// <param name="clock">The clock of <c>updated_at</c>.</param>
public sealed class SqlTokenStore(SqlDialect dialect, TimeProvider clock) : ITokenStore
{
    /// <inheritdoc/>
    public async Task<AccessToken> CreateAsync(AccessToken token, string requestId, CancellationToken cancellationToken)
    {
        try
        {
            return await dialect.WriteAsync((transaction, ct) => InsertAsync(transaction, token, requestId, ct), repeatable: true, cancellationToken);
        }
        catch (SqlFailedException failed) when (failed.Failure == SqlFailure.DuplicateKey)
        {
            if (await FindOursAsync(token, cancellationToken) is { } stored) return stored;
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task<AccessToken?> TryCreateAsync(TokenRequest request, AccessToken token, string result, CancellationToken cancellationToken)
    {
        try
        {
            return await dialect.WriteAsync(
                async (transaction, ct) =>
                {
                    // First, so that another attempt under the key waits here.
                    await RememberAsync(transaction, request, default, ct);
                    await FinishAsync(transaction, request, result, ct);
                    return await InsertAsync(transaction, token, request.RequestId, ct);
                },
                repeatable: true,
                cancellationToken);
        }
        catch (SqlFailedException failed) when (failed.Failure == SqlFailure.DuplicateKey)
        {
            return await FindOursAsync(token, cancellationToken);
        }
    }

    // A first attempt may have been committed although its reply was lost; the secret shows that the row is ours.
    private async Task<AccessToken?> FindOursAsync(AccessToken token, CancellationToken cancellationToken) =>
        await FindAsync(token.TokenId, cancellationToken) is { } stored && stored.SecretHash.AsSpan().SequenceEqual(token.SecretHash) ? stored : null;

    /// <inheritdoc/>
    public async Task<AccessToken?> FindAsync(string tokenId, CancellationToken cancellationToken) =>
        (await FindAsync([tokenId], cancellationToken)).SingleOrDefault();

    /// <inheritdoc/>
    public async Task<IReadOnlyList<AccessToken>> FindAsync(IReadOnlyCollection<string> tokenIds, CancellationToken cancellationToken)
    {
        string[] possible = [.. tokenIds.Where(CanExist)];
        return possible is []
            ? []
            : await dialect.ReadAsync<IReadOnlyList<AccessToken>>(
                async (connection, ct) =>
                    [.. await connection.QueryAsync<AccessToken>(dialect.Command(SqlStatement.FindTokens, new { tokenIds = possible }, ct))],
                cancellationToken);
    }

    /// <inheritdoc/>
    public Task<TokenPage> SearchAsync(TokenQuery query, CancellationToken cancellationToken)
    {
        if (query.TokenId is not null && !CanExist(query.TokenId)) return Task.FromResult(new TokenPage([], 0));

        var conditions = Conditions(query);
        string page = dialect.Text(SqlStatement.SearchTokens, conditions);
        string count = dialect.Text(SqlStatement.CountTokens, conditions);
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
                await ListedTokens.QueryAsync(connection, new CommandDefinition(page, values, cancellationToken: ct)),
                await connection.ExecuteScalarAsync<long>(new CommandDefinition(count, values, cancellationToken: ct))),
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task<TokenSlice> ScanAsync(TokenScan scan, CancellationToken cancellationToken) => dialect.ReadAsync(
        async (connection, ct) =>
        {
            await using var transaction = await dialect.BeginSnapshotAsync(connection, ct);
            return await new SqlTokenScan(dialect, scan, transaction, ct).ReadAsync();
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task<RememberedRequest?> FindRequestAsync(TokenRequest request, CancellationToken cancellationToken) =>
        dialect.ReadAsync(
            async (connection, ct) =>
                await connection.QuerySingleOrDefaultAsync<RequestRow>(
                    dialect.Command(SqlStatement.FindRequest, new { request.TokenId, request.Key.Hash }, ct)) is { } row
                    ? new RememberedRequest(row.Fingerprint, new LedgerPosition(row.Epoch, row.Seq), row.RequestId, row.Result)
                    : null,
            cancellationToken);

    /// <inheritdoc/>
    public async Task<AccessToken?> TryBeginChangeAsync(
        TokenRequest request, AccessToken token, bool changesTerms, CancellationToken cancellationToken)
    {
        try
        {
            // Not repeatable: if the reply to the commit is lost, the caller must look for the request first.
            return await dialect.WriteAsync(
                async (transaction, ct) =>
                {
                    var stored = changesTerms ? await UpdateTermsAsync(transaction, token, ct) : await SelectAsync(transaction, token.TokenId, ct);
                    if (stored is null)
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
    public Task FinishRequestAsync(TokenRequest request, string result) =>
        dialect.WriteAsync((transaction, ct) => FinishAsync(transaction, request, result, ct), repeatable: true, CancellationToken.None);

    /// <inheritdoc/>
    public Task ForgetRequestAsync(TokenRequest request) =>
        dialect.WriteAsync(
            (transaction, ct) => transaction.Connection!.ExecuteAsync(
                dialect.Command(SqlStatement.ForgetRequest, new { request.TokenId, request.Key.Hash }, transaction, ct)),
            repeatable: true,
            CancellationToken.None);

    /// <inheritdoc/>
    public Task<AccessToken?> TryUpdateTermsAsync(AccessToken token, CancellationToken cancellationToken)
    {
        if (!CanExist(token.TokenId)) return Task.FromResult<AccessToken?>(null);

        // Not repeatable: a second attempt at a committed change would find another version and report a conflict.
        return dialect.WriteAsync((transaction, ct) => UpdateTermsAsync(transaction, token, ct), repeatable: false, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<bool> DeleteAsync(TokenRequest request, CancellationToken cancellationToken)
    {
        if (!CanExist(request.TokenId)) return false;

        try
        {
            return await dialect.WriteAsync(
                async (transaction, ct) =>
                {
                    var token = await SelectAsync(transaction, request.TokenId, ct);
                    if (await transaction.Connection!.ExecuteAsync(
                            dialect.Command(SqlStatement.DeleteToken, new { request.TokenId }, transaction, ct)) == 0)
                    {
                        return false;
                    }

                    await ExecuteForTagsAsync(SqlStatement.DeleteTokenTag, transaction, token!.Id, token.Tags, ct);
                    await RememberAsync(transaction, request, default, ct);
                    return true;
                },
                repeatable: false,
                cancellationToken);
        }
        catch (SqlFailedException failed) when (failed.Failure == SqlFailure.DuplicateKey)
        {
            // The token was restored after it was deleted under this request.
            return false;
        }
    }

    /// <inheritdoc/>
    public Task<ColdToken?> TakeEpochAsync(string tokenId, int seenEpoch, CancellationToken cancellationToken)
    {
        if (!CanExist(tokenId)) return Task.FromResult<ColdToken?>(null);

        // Repeatable, because an unused epoch is harmless.
        return dialect.WriteAsync((transaction, ct) => TakeEpochAsync(transaction, tokenId, seenEpoch, ct), repeatable: true, cancellationToken);
    }

    private async Task<ColdToken?> TakeEpochAsync(
        DbTransaction transaction, string tokenId, int seenEpoch, CancellationToken cancellationToken)
    {
        var connection = transaction.Connection!;
        int taken = await connection.ExecuteAsync(dialect.Command(SqlStatement.TakeEpoch, new { tokenId }, transaction, cancellationToken));
        if (taken == 0) return null;

        var token = (await SelectAsync(transaction, tokenId, cancellationToken))!;
        var entry = (await connection.QueryAsync<(int Epoch, long Seq, int? Remaining)>(
            dialect.Command(SqlStatement.FindNewestQuota, new { tokenId }, transaction, cancellationToken))).ToList();
        int knownEpoch = Math.Max(Math.Max(seenEpoch, token.SyncedEpoch), entry is [var last] ? last.Epoch : 0);
        if (token.QuotaEpoch <= knownEpoch)
        {
            token = token with { QuotaEpoch = knownEpoch + 1 };
            await connection.ExecuteAsync(
                dialect.Command(SqlStatement.RaiseEpoch, new { token.QuotaEpoch, token.TokenId }, transaction, cancellationToken));
        }

        var open = await SqlReservations.ReadOpenAsync(dialect, transaction, tokenId, cancellationToken);
        if (entry is not [var (epoch, seq, remaining)]) return new ColdToken(token, null, open);

        var position = new LedgerPosition(epoch, seq);
        var (total, period) = position <= new LedgerPosition(token.SyncedEpoch, token.SyncedSeq)
            ? default
            : await connection.QuerySingleOrDefaultAsync<(int? Total, string? Period)>(
                dialect.Command(SqlStatement.FindNewestTotal, new { tokenId, token.SyncedEpoch, token.SyncedSeq }, transaction, cancellationToken));
        return new ColdToken(token, new LoggedQuota(position, remaining, total, PeriodState.Parse(period)), open);
    }

    private async Task<AccessToken?> UpdateTermsAsync(DbTransaction transaction, AccessToken token, CancellationToken cancellationToken)
    {
        var values = new
        {
            token.TokenId,
            token.RowVersion,
            token.ExpiresAt,
            OperationType = SqlEnums.Of(token.OperationType),
            token.IsActive,
            token.RateLimitPerMinute,
            token.RateLimitBurst,
            token.RateLimitWindowSeconds,
            QuotaType = SqlEnums.Of(token.QuotaType),
            token.Period,
            token.SecretHash,
            token.Rotation,
            token.RotatedAt,
            token.PreviousSecretHash,
            token.PreviousValidUntil,
            token.Name,
            token.Metadata,
            Now = clock.GetUtcNow().UtcDateTime,
            Clock = clock.GetUtcNow().ToUnixTimeMilliseconds(),
        };
        if (await transaction.Connection!.ExecuteAsync(dialect.Command(SqlStatement.UpdateTerms, values, transaction, cancellationToken)) == 0)
            return null;
        var stored = (await SelectAsync(transaction, token.TokenId, cancellationToken))!;
        return stored.Tags == token.Tags ? stored : await UpdateTagsAsync(transaction, stored, token.Tags, cancellationToken);
    }

    private async Task<AccessToken> UpdateTagsAsync(DbTransaction transaction, AccessToken stored, TokenTags? tags, CancellationToken cancellationToken)
    {
        await transaction.Connection!.ExecuteAsync(dialect.Command(SqlStatement.UpdateTags, new { Tags = tags, Row = stored.Id }, transaction, cancellationToken));
        await ExecuteForTagsAsync(SqlStatement.DeleteTokenTag, transaction, stored.Id, stored.Tags, cancellationToken);
        await ExecuteForTagsAsync(SqlStatement.InsertTokenTag, transaction, stored.Id, tags, cancellationToken);
        return stored with { Tags = tags };
    }

    // In the order of the keys, so that two transactions never wait for each other.
    private async Task ExecuteForTagsAsync(
        SqlStatement statement, DbTransaction transaction, long row, TokenTags? tags, CancellationToken cancellationToken)
    {
        if (tags is null) return;
        var rows = tags.All.Order(StringComparer.Ordinal).Select(tag => new { Tag = tag, Row = row });
        await transaction.Connection!.ExecuteAsync(dialect.Command(statement, rows, transaction, cancellationToken));
    }

    private Task<int> FinishAsync(DbTransaction transaction, TokenRequest request, string result, CancellationToken cancellationToken) =>
        transaction.Connection!.ExecuteAsync(
            dialect.Command(SqlStatement.FinishRequest, new { request.TokenId, request.Key.Hash, result }, transaction, cancellationToken));

    private async Task RememberAsync(
        DbTransaction transaction, TokenRequest request, LedgerPosition before, CancellationToken cancellationToken)
    {
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
        await transaction.Connection!.ExecuteAsync(dialect.Command(SqlStatement.InsertRequest, values, transaction, cancellationToken));
    }

    private async Task<AccessToken> InsertAsync(
        DbTransaction transaction, AccessToken token, string requestId, CancellationToken cancellationToken)
    {
        var values = new
        {
            token.TokenId,
            token.SecretHash,
            token.WorkspaceId,
            token.Email,
            token.Name,
            token.Tags,
            token.Metadata,
            token.CreatedAt,
            token.ExpiresAt,
            OperationType = SqlEnums.Of(token.OperationType),
            token.IsActive,
            token.RateLimitPerMinute,
            token.RateLimitBurst,
            token.RateLimitWindowSeconds,
            QuotaType = SqlEnums.Of(token.QuotaType),
            token.TotalQuota,
            token.RemainingQuota,
            token.QuotaSyncedAt,
            token.UpdatedAt,
            token.QuotaEpoch,
            token.SyncedEpoch,
            token.SyncedSeq,
            token.RowVersion,
            token.Period,
            token.PeriodState,
            FirstPeriod = token.PeriodState?.Index,
            Before = token.RemainingQuota is null ? (int?)null : 0,
            Change = token.RemainingQuota ?? 0,
            RequestId = requestId,
        };
        var connection = transaction.Connection!;
        await connection.ExecuteAsync(dialect.Command(SqlStatement.InsertToken, values, transaction, cancellationToken));
        await connection.ExecuteAsync(dialect.Command(SqlStatement.InsertGrant, values, transaction, cancellationToken));
        var stored = (await SelectAsync(transaction, token.TokenId, cancellationToken))!;
        await ExecuteForTagsAsync(SqlStatement.InsertTokenTag, transaction, stored.Id, token.Tags, cancellationToken);
        return stored;
    }

    private Task<AccessToken?> SelectAsync(DbTransaction transaction, string tokenId, CancellationToken cancellationToken) =>
        transaction.Connection!.QuerySingleOrDefaultAsync<AccessToken>(
            dialect.Command(SqlStatement.FindTokens, new { tokenIds = new[] { tokenId } }, transaction, cancellationToken));

    // MySQL treats 'a' and 'a ' as equal, even in a binary collation; the length distinguishes them.
    private static List<string> Conditions(TokenQuery query)
    {
        List<string> conditions = [];
        if (query.TokenId is not null) conditions.Add("access_token = @TokenId");
        if (query.WorkspaceId is not null) conditions.Add("ws_id = @WorkspaceId AND LENGTH(ws_id) = LENGTH(@WorkspaceId)");
        if (query.Email is not null) conditions.Add("email = @Email AND LENGTH(email) = LENGTH(@Email)");
        return conditions;
    }

    // MySQL cannot compare an ASCII column with other characters.
    private static bool CanExist(string tokenId) => Ascii.IsValid(tokenId);

    private sealed class RequestRow
    {
        public required string Fingerprint { get; init; }

        public int Epoch { get; init; }

        public long Seq { get; init; }

        public required string RequestId { get; init; }

        public string? Result { get; init; }
    }
}
