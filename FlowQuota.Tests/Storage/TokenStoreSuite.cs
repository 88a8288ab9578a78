using FlowQuota.Ledger;
using FlowQuota.Sql;
using FlowQuota.Tests.Servers;
using FlowQuota.Tokens;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace FlowQuota.Tests.Storage;

public abstract class TokenStoreSuite(SqlFixture sql)
{
    private readonly SqlTokenStore _store = new(sql.Dialect, TimeProvider.System);
    private readonly SqlQuotaLogStore _log = new(sql.Dialect, TimeProvider.System, NullLogger<SqlQuotaLogStore>.Instance);

    [SuiteFact]
    public async Task A_stored_token_is_read_back_as_it_was()
    {
        var token = Samples.NewToken() with
        {
            WorkspaceId = Samples.AwkwardText,
            Email = new string('\u6f22', 255),
            Name = new string('\u6f22', 100),
            Tags = TokenTags.Of(["b", "a:1"]),
            Metadata = $$"""{"a":"{{new string('\u6f22', 1300)}}"}""",
            OperationType = ExpiryOperation.Add,
            QuotaType = QuotaType.Hybrid,
            ExpiresAt = Samples.Noon.AddDays(30),
            IsActive = false,
            RateLimitPerMinute = 60,
            RateLimitBurst = 5,
            RateLimitWindowSeconds = 30,
        };

        var created = await _store.CreateAsync(token, "request-1", default);
        var found = await _store.FindAsync(token.TokenId, default);

        Assert.True(created.Id > 0);
        Assert.Equivalent(token with { Id = created.Id }, found, strict: true);
        Assert.Equivalent(created, found, strict: true);
        Assert.Equal(DateTimeKind.Utc, found!.CreatedAt.Kind);
        Assert.Equal(DateTimeKind.Utc, found.ExpiresAt!.Value.Kind);
    }

    [SuiteFact]
    public async Task Times_are_cut_to_the_millisecond_and_never_rounded_up()
    {
        var token = Samples.NewToken() with { CreatedAt = Samples.Noon.AddTicks(9999) };

        await _store.CreateAsync(token, "request-1", default);

        Assert.Equal(Samples.Noon, (await _store.FindAsync(token.TokenId, default))!.CreatedAt);
    }

    [SuiteFact]
    public async Task The_grant_is_the_first_row_of_the_ledger()
    {
        var token = Samples.NewToken(quota: 25);

        await _store.CreateAsync(token, "request-1", default);

        var entry = Assert.Single((await _log.ReadAsync(new QuotaLogQuery(token.TokenId, null, null, null, 1, 10), default)).Entries);
        Assert.Equal(new LedgerPosition(1, 1), entry.Position);
        Assert.Equal((0, 25, 25, QuotaAction.Init, "request-1"), (entry.QuotaBefore, entry.QuotaAfter, entry.QuotaChange, entry.Action, entry.RequestId));
        Assert.Equal(token.CreatedAt, entry.CreatedAt);
    }

    [SuiteFact]
    public async Task A_time_token_has_no_quota_and_its_first_row_says_so()
    {
        var token = Samples.NewToken(quota: null);

        var created = await _store.CreateAsync(token, "request-1", default);

        Assert.Equal((null, null, null), (created.TotalQuota, created.RemainingQuota, created.QuotaSyncedAt));
        var entry = Assert.Single((await _log.ReadAsync(new QuotaLogQuery(token.TokenId, null, null, null, 1, 10), default)).Entries);
        Assert.Equal((null, null, 0), (entry.QuotaBefore, entry.QuotaAfter, entry.QuotaChange));
    }

    [SuiteFact]
    public async Task Creating_again_after_a_lost_answer_finds_the_first_token()
    {
        var token = Samples.NewToken();

        var first = await _store.CreateAsync(token, "request-1", default);
        var second = await _store.CreateAsync(token, "request-1", default);

        Assert.Equivalent(first, second, strict: true);
        await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(
            () => _store.CreateAsync(Samples.NewToken() with { TokenId = token.TokenId }, "request-2", default));
    }

    [SuiteFact]
    public async Task A_token_without_its_log_row_is_never_stored()
    {
        var token = Samples.NewToken();

        await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => _store.CreateAsync(token, new string('r', 65), default));

        Assert.Null(await _store.FindAsync(token.TokenId, default));
    }

    [SuiteFact]
    public async Task What_is_not_there_is_not_found()
    {
        foreach (string? id in new[] { Samples.NewTokenId(), "", "flow_\u00e9", "' OR '1'='1" })
        {
            Assert.Null(await _store.FindAsync(id, default));
            Assert.Null(await _store.TakeEpochAsync(id, 0, default));
            Assert.Null(await _store.TryUpdateTermsAsync(Samples.NewToken() with { TokenId = id }, default));
            Assert.False(await _store.DeleteAsync(Samples.NewRequest(id), default));
            Assert.Empty((await _store.SearchAsync(new TokenQuery(id, null, null, 1, 10), default)).Tokens);
        }
    }

    [SuiteFact]
    public async Task Owners_are_compared_exactly()
    {
        var token = await _store.CreateAsync(Samples.NewToken(), "request-1", default);
        await _store.CreateAsync(Samples.NewToken() with { WorkspaceId = token.WorkspaceId + " ", Email = token.Email }, "request-2", default);

        Assert.Equal(1, (await _store.SearchAsync(new TokenQuery(null, token.WorkspaceId, null, 1, 10), default)).Count);
        Assert.Equal(2, (await _store.SearchAsync(new TokenQuery(null, null, token.Email, 1, 10), default)).Count);
        Assert.Equal(1, (await _store.SearchAsync(new TokenQuery(null, token.WorkspaceId, token.Email, 1, 10), default)).Count);
        Assert.Equal(0, (await _store.SearchAsync(new TokenQuery(null, token.WorkspaceId.ToUpperInvariant(), null, 1, 10), default)).Count);
        Assert.Equal(0, (await _store.SearchAsync(new TokenQuery(token.TokenId, "another", null, 1, 10), default)).Count);
        Assert.Equal(0, (await _store.SearchAsync(new TokenQuery(null, "%", null, 1, 10), default)).Count);
    }

    [SuiteFact]
    public async Task Pages_are_oldest_first_and_count_everything()
    {
        string workspace = $"paged {Guid.NewGuid():N}";
        List<string> ids = [];
        for (int i = 0; i < 5; i++)
            ids.Add((await _store.CreateAsync(Samples.NewToken() with { WorkspaceId = workspace }, "request", default)).TokenId);

        List<string> paged = [];
        for (int page = 1; page <= 4; page++)
        {
            var result = await _store.SearchAsync(new TokenQuery(null, workspace, null, page, 2), default);
            Assert.Equal(5, result.Count);
            paged.AddRange(result.Tokens.Select(token => token.TokenId));
        }

        Assert.Equal(ids, paged);
    }

    [SuiteFact]
    public async Task New_terms_are_stored_and_the_quota_is_left_to_the_drain()
    {
        var token = await _store.CreateAsync(Samples.NewToken(), "request-1", default);
        var changed = token with
        {
            ExpiresAt = Samples.Noon.AddYears(1),
            OperationType = ExpiryOperation.Set,
            IsActive = false,
            RateLimitPerMinute = 7,
            RateLimitBurst = 2,
            RateLimitWindowSeconds = 3600,
            Name = "name",
            Tags = TokenTags.Of(["c"]),
            Metadata = "{}",
            SecretHash = new byte[32],
            Rotation = 1,
            RotatedAt = Samples.Noon,
            PreviousSecretHash = token.SecretHash,
            PreviousValidUntil = Samples.Noon.AddDays(1),
            QuotaType = QuotaType.Hybrid,
            TotalQuota = 99,
            RemainingQuota = 99,
            SyncedSeq = 99,
        };

        var stored = await _store.TryUpdateTermsAsync(changed, default);

        Assert.NotNull(stored);
        Assert.Equivalent(
            changed with { TotalQuota = 10, RemainingQuota = 10, SyncedSeq = 1, RowVersion = stored.RowVersion, UpdatedAt = stored.UpdatedAt }, stored, strict: true);
        Assert.True(stored.UpdatedAt > token.UpdatedAt);
        Assert.True(stored.RowVersion > token.RowVersion);
        Assert.Equivalent(stored, await _store.FindAsync(token.TokenId, default), strict: true);
    }

    [SuiteFact]
    public async Task The_rows_to_search_tags_by_follow_the_token()
    {
        var token = await _store.CreateAsync(Samples.NewToken() with { Tags = TokenTags.Of(["b", "a"]) }, "request-1", default);
        Assert.Equal(["a", "b"], await TagsAsync());

        token = (await _store.TryUpdateTermsAsync(token with { Tags = TokenTags.Of(["c", "a"]) }, default))!;
        Assert.Equal(["a", "c"], await TagsAsync());
        Assert.Null(await _store.TryUpdateTermsAsync(token with { Tags = null, RowVersion = 1 }, default));
        Assert.Equal(["a", "c"], await TagsAsync());

        await _store.DeleteAsync(Samples.NewRequest(token.TokenId), default);
        Assert.Empty(await TagsAsync());

        async Task<IReadOnlyList<string>> TagsAsync() => [.. await sql.QueryAsync<string>($"SELECT tag FROM token_tags WHERE token_row = {token.Id} ORDER BY tag")];
    }

    [SuiteFact]
    public async Task Of_many_changes_to_the_same_version_one_is_taken()
    {
        var token = await _store.CreateAsync(Samples.NewToken(), "request-1", default);

        var results = await Task.WhenAll(Enumerable.Range(1, 20).Select(limit =>
            Task.Run(() => _store.TryUpdateTermsAsync(token with { RateLimitPerMinute = limit }, default))));

        var winner = Assert.Single(results, result => result is not null);
        var stored = await _store.FindAsync(token.TokenId, default);
        Assert.Equal(winner!.RowVersion, stored!.RowVersion);
        Assert.Equal(winner.RateLimitPerMinute, stored.RateLimitPerMinute);
    }

    [SuiteFact]
    public async Task A_deleted_token_is_gone_and_its_log_stays()
    {
        var token = await _store.CreateAsync(Samples.NewToken(), "request-1", default);

        Assert.True(await _store.DeleteAsync(Samples.NewRequest(token.TokenId), default));

        Assert.False(await _store.DeleteAsync(Samples.NewRequest(token.TokenId), default));
        Assert.Null(await _store.FindAsync(token.TokenId, default));
        Assert.Equal(1, (await _log.ReadAsync(new QuotaLogQuery(token.TokenId, null, null, null, 1, 10), default)).Total);
    }

    [SuiteFact]
    public async Task A_cold_load_gets_the_next_epoch_and_the_newest_log_row()
    {
        var token = await _store.CreateAsync(Samples.NewToken(), "request-1", default);
        Assert.Equal(2, (await _store.TakeEpochAsync(token.TokenId, 0, default))!.Token.QuotaEpoch);
        await _log.WriteAsync(
            [
                Samples.NewEntry(token.TokenId, seq: 9, createdAt: Samples.Noon.AddHours(30)) with { QuotaAfter = 2 },
                Samples.NewEntry(token.TokenId, seq: 1, epoch: 2, createdAt: Samples.Noon.AddHours(1)) with { QuotaAfter = 5 },
            ],
            default);

        var cold = await _store.TakeEpochAsync(token.TokenId, 0, default);

        Assert.Equal(3, cold!.Token.QuotaEpoch);
        Assert.Equivalent(token with { QuotaEpoch = 3 }, cold.Token, strict: true);
        Assert.Equal(new LoggedQuota(new LedgerPosition(2, 1), 5, null), cold.LastEntry);
        Assert.Equal(3, (await _store.FindAsync(token.TokenId, default))!.QuotaEpoch);

        await sql.ExecuteAsync("DELETE FROM token_quota_logs WHERE token = @TokenId", new { token.TokenId });
        Assert.Null((await _store.TakeEpochAsync(token.TokenId, 0, default))!.LastEntry);
    }

    [SuiteFact]
    public async Task In_a_restored_database_a_cold_load_gets_an_epoch_above_all_that_are_known()
    {
        var token = await _store.CreateAsync(Samples.NewToken(), "request-1", default);
        Assert.Equal(8, (await _store.TakeEpochAsync(token.TokenId, seenEpoch: 7, default))!.Token.QuotaEpoch);
        Assert.Equal(9, (await _store.TakeEpochAsync(token.TokenId, seenEpoch: 7, default))!.Token.QuotaEpoch);

        await _log.WriteAsync([Samples.NewEntry(token.TokenId, seq: 1, epoch: 20)], default);
        Assert.Equal(21, (await _store.TakeEpochAsync(token.TokenId, 0, default))!.Token.QuotaEpoch);
        await sql.ExecuteAsync("UPDATE access_tokens SET synced_epoch = 30 WHERE access_token = @TokenId", new { token.TokenId });
        Assert.Equal(31, (await _store.TakeEpochAsync(token.TokenId, 0, default))!.Token.QuotaEpoch);
        Assert.Equal(31, (await _store.FindAsync(token.TokenId, default))!.QuotaEpoch);
    }

    [SuiteFact]
    public async Task No_two_cold_loads_get_the_same_epoch()
    {
        var token = await _store.CreateAsync(Samples.NewToken(), "request-1", default);

        var loads = await Task.WhenAll(Enumerable.Range(0, 24).Select(_ => Task.Run(() => _store.TakeEpochAsync(token.TokenId, 0, default))));

        Assert.Equal(Enumerable.Range(2, 24), loads.Select(cold => cold!.Token.QuotaEpoch).Order());
    }

    [SuiteFact]
    public async Task A_call_that_was_given_up_stops()
    {
        using var gone = new CancellationTokenSource();
        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _store.FindAsync(Samples.NewTokenId(), gone.Token));
    }
}
