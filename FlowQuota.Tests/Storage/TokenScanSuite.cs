using FlowQuota.Sql;
using FlowQuota.Tests.Servers;
using FlowQuota.Tokens;
using Xunit;

namespace FlowQuota.Tests.Storage;

/// <summary>Protects lists that are read from cursor to cursor: every token that matches once, in order, whatever the filters.</summary>
public abstract class TokenScanSuite(SqlFixture sql)
{
    // MySQL's recursive queries end after a thousand rows.
    private static readonly string Digits = string.Join(" UNION ALL ", Enumerable.Range(0, 10).Select(i => $"SELECT {i} AS i"));

    private static readonly TokenSort[] Sorts = Enum.GetValues<TokenSort>();

    private readonly SqlTokenStore _store = new(sql.Dialect, TimeProvider.System);
    private readonly string _workspace = $"scan {Guid.NewGuid():N}";

    /// <summary>Against the same filters and orders in memory, with values that are often equal or missing.</summary>
    [SuiteFact]
    public async Task Each_list_has_every_token_that_matches_once_and_in_order()
    {
        var random = new Random(20261201);
        var tokens = new List<AccessToken>();
        for (int i = 0; i < 60; i++)
            tokens.Add(await CreateAsync(random));
        tokens = [.. tokens.OrderBy(token => token.Id)];

        for (int round = 0; round < 150; round++)
        {
            var filter = Filter(random);
            var scan = new TokenScan(filter, Sorts[round % Sorts.Length], random.Next(2) == 0, null, random.Next(1, 12));

            var listed = await ListAsync(scan);

            Assert.Equal(Expected(tokens, scan).Select(Describe), listed.Select(Describe));
        }
    }

    [SuiteFact]
    public async Task A_page_of_all_that_match_is_the_last()
    {
        for (int i = 0; i < 4; i++)
            await CreateAsync(new Random(i));
        var scan = new TokenScan(new TokenFilter { WorkspaceId = _workspace }, TokenSort.CreatedAt, false, null, 4);

        Assert.Null((await _store.ScanAsync(scan, default)).Next);
        var first = await _store.ScanAsync(scan with { PageSize = 3 }, default);
        Assert.Equal(3, first.Tokens.Count);
        Assert.Single((await _store.ScanAsync(scan with { After = first.Next }, default)).Tokens);
    }

    [SuiteFact]
    public async Task A_page_looks_at_a_bounded_number_of_rows_and_the_list_goes_on_behind_them()
    {
        // Both conditions are met by more rows than a page looks at, and both by none but the last.
        const int many = 5100;
        await sql.ExecuteAsync(
            $"""
            INSERT INTO access_tokens (access_token, secret_hash, ws_id, email, name, created_at, operation_type, is_active, quota_type, total_quota, remaining_quota, updated_at)
            SELECT CONCAT('flow_{Guid.NewGuid():N}_', 1000 * a.i + 100 * b.i + 10 * c.i + d.i), X'{new string('0', 64)}', '{_workspace}', 'a@example.com',
                CONCAT('n', d.i), '2026-01-01 00:00:00.000', 'unlimited', 0, 'count', 10, 10, '2026-01-01 00:00:00.000'
            FROM ({Digits}) AS a CROSS JOIN ({Digits}) AS b CROSS JOIN ({Digits}) AS c CROSS JOIN ({Digits}) AS d
            WHERE 1000 * a.i + 100 * b.i + 10 * c.i + d.i < {many}
            """);
        string[] ids = [.. await sql.QueryAsync<string>($"SELECT access_token FROM access_tokens WHERE ws_id = '{_workspace}' ORDER BY id")];
        await sql.ExecuteAsync($"UPDATE access_tokens SET is_active = 1 WHERE access_token = '{ids[^1]}'");
        await sql.ExecuteAsync($"UPDATE access_tokens SET quota_type = 'hybrid', is_active = 1, ws_id = 'others' WHERE access_token = '{ids[0]}'");
        var scan = new TokenScan(new TokenFilter { WorkspaceId = _workspace, QuotaType = QuotaType.Count, RemainingBelow = 1000 }, TokenSort.Name, false, null, 10);

        var page = await _store.ScanAsync(scan with { Filter = scan.Filter with { IsActive = true } }, default);
        Assert.Equal(ids[^1], Assert.Single(await ListAsync(scan with { Filter = scan.Filter with { IsActive = true } })).TokenId);
        Assert.True(page.Tokens.Count == 1 || page.Next is not null);
        Assert.Equal(ids[1..].Order(StringComparer.Ordinal), (await ListAsync(scan with { PageSize = 1000 })).Select(token => token.TokenId).Order(StringComparer.Ordinal));
        Assert.Equal(ids[1..].Reverse(), (await ListAsync(scan with { PageSize = 1000, Sort = TokenSort.CreatedAt, IsDescending = true })).Select(token => token.TokenId));
    }

    private async Task<AccessToken> CreateAsync(Random random)
    {
        bool isMetered = random.Next(4) > 0;
        int total = random.Next(1, 3) * 1000;
        return await _store.CreateAsync(
            Samples.NewToken() with
            {
                WorkspaceId = _workspace,
                Email = random.Next(2) == 0 ? "a@example.com" : "b@example.com",
                Name = random.Next(3) == 0 ? null : "ab"[..random.Next(1, 3)] + (random.Next(2) == 0 ? "" : char.ConvertFromUtf32(random.Next(2) == 0 ? 0xFFFD : 0x10000)),
                Tags = TokenTags.Of([.. new[] { "x", "y", "z" }.Where(_ => random.Next(2) == 0)]),
                IsActive = random.Next(2) == 0,
                QuotaType = isMetered ? random.Next(2) == 0 ? QuotaType.Count : QuotaType.Hybrid : QuotaType.Time,
                TotalQuota = isMetered ? total : null,
                RemainingQuota = isMetered ? random.Next(2) == 0 ? random.Next(total + 1) : random.Next(120) : null,
                ExpiresAt = random.Next(3) == 0 ? null : Samples.Noon.AddDays(random.Next(5)),
            },
            "request",
            default);
    }

    private TokenFilter Filter(Random random) => new()
    {
        WorkspaceId = _workspace,
        Email = random.Next(5) == 0 ? "a@example.com" : null,
        Tags = [.. new[] { "x", "y" }.Where(_ => random.Next(4) == 0)],
        NamePrefix = random.Next(4) == 0 ? new[] { "a", "ab", "b", "a\ufffd", "ab\U00010000" }[random.Next(5)] : null,
        IsActive = random.Next(4) == 0 ? random.Next(2) == 0 : null,
        QuotaType = random.Next(5) == 0 ? QuotaType.Count : null,
        ExpiresBefore = random.Next(4) == 0 ? Samples.Noon.AddDays(random.Next(5)) : null,
        RemainingBelow = random.Next(4) == 0 ? random.Next(1, 130) * random.Next(1, 12) : null,
        RemainingBelowPercent = random.Next(4) == 0 ? random.Next(1, 101) : null,
    };

    private async Task<IReadOnlyList<AccessToken>> ListAsync(TokenScan scan)
    {
        List<AccessToken> listed = [];
        TokenSlice slice;
        do
        {
            slice = await _store.ScanAsync(scan, default);
            Assert.InRange(slice.Tokens.Count, 0, scan.PageSize);
            listed.AddRange(slice.Tokens);
            scan = scan with { After = slice.Next };
        }
        while (slice.Next is not null);
        return listed;
    }

    private static IEnumerable<AccessToken> Expected(IEnumerable<AccessToken> tokens, TokenScan scan)
    {
        var filter = scan.Filter;
        var matching = tokens.Where(token =>
            (filter.Email is null || token.Email == filter.Email)
            && filter.Tags.All(tag => token.Tags?.All.Contains(tag) == true)
            && (filter.NamePrefix is null || token.Name?.StartsWith(filter.NamePrefix, StringComparison.Ordinal) == true)
            && (filter.IsActive is null || token.IsActive == filter.IsActive)
            && (filter.QuotaType is null || token.QuotaType == filter.QuotaType)
            && (filter.ExpiresBefore is null || token.ExpiresAt < filter.ExpiresBefore)
            && (filter.RemainingBelow is null || token.RemainingQuota < filter.RemainingBelow)
            && (filter.RemainingBelowPercent is null || token.RemainingPercent < filter.RemainingBelowPercent)).ToList();
        if (scan.IsDescending)
            matching.Reverse();
        var valued = matching.Where(token => Key(token, scan.Sort) is not null);
        var ordered = scan.IsDescending ? valued.OrderByDescending(token => Key(token, scan.Sort)) : valued.OrderBy(token => Key(token, scan.Sort));
        return ordered.Concat(matching.Where(token => Key(token, scan.Sort) is null));
    }

    // Texts that are in the order of their code points as UTF-16 is not.
    private static IComparable? Key(AccessToken token, TokenSort sort) => sort switch
    {
        TokenSort.CreatedAt => 0,
        TokenSort.ExpiresAt => token.ExpiresAt,
        TokenSort.Name => token.Name is null ? null : Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(token.Name)),
        TokenSort.RemainingQuota => token.RemainingBand,
        TokenSort.RemainingPercent => token.RemainingPercent,
    };

    private static string Describe(AccessToken token) =>
        $"{token.Id} {token.Name} {token.Tags?.Text} {token.ExpiresAt:O} {token.RemainingQuota}/{token.TotalQuota} {token.IsActive}";
}
