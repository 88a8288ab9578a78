using FlowQuota.Ledger;
using FlowQuota.Sql;
using FlowQuota.Tests.Servers;
using FlowQuota.Tokens;
using Xunit;

namespace FlowQuota.Tests.Storage;

public abstract class QuotaStoreSuite(SqlFixture sql)
{
    private readonly SqlTokenStore _tokens = new(sql.Dialect, TimeProvider.System);
    private readonly SqlQuotaStore _store = new(sql.Dialect, TimeProvider.System);

    [SuiteFact]
    public async Task A_newer_snapshot_is_written_and_nothing_else_changes()
    {
        var token = await NewTokenAsync();

        Assert.Empty(await _store.WriteAsync([new QuotaSnapshot(token.TokenId, new(1, 7), 4, 10)], default));

        var stored = await FindAsync(token);
        Assert.True(stored.QuotaSyncedAt > token.QuotaSyncedAt);
        Assert.Equivalent(
            token with { RemainingQuota = 4, TotalQuota = 10, SyncedSeq = 7, QuotaSyncedAt = stored.QuotaSyncedAt }, stored, strict: true);
    }

    [SuiteFact]
    public async Task What_is_older_is_refused_with_what_SQL_has_and_the_same_again_changes_nothing()
    {
        var token = await NewTokenAsync();
        await _store.WriteAsync([new QuotaSnapshot(token.TokenId, new(2, 5), 4, 10)], default);
        var before = await FindAsync(token);

        Assert.Empty(await _store.WriteAsync([new QuotaSnapshot(token.TokenId, new(2, 5), 1000, 1000)], default));
        foreach (var position in new LedgerPosition[] { new(2, 4), new(1, 900) })
        {
            Assert.Equal(
                [new RefusedSnapshot(token.TokenId, new LedgerPosition(2, 5))],
                await _store.WriteAsync([new QuotaSnapshot(token.TokenId, position, 1000, 1000)], default));
        }

        Assert.Equivalent(before, await FindAsync(token), strict: true);
        Assert.Empty(await _store.WriteAsync([new QuotaSnapshot(token.TokenId, new(3, 0), 4, 10)], default));
    }

    [SuiteFact]
    public async Task A_token_that_is_gone_is_refused_without_a_position()
    {
        string gone = Samples.NewTokenId();

        Assert.Equal(
            [new RefusedSnapshot(gone, null), new RefusedSnapshot("flow_\u00e9", null)],
            (await _store.WriteAsync([new(gone, new(1, 2), 1, 1), new("flow_\u00e9", new(1, 2), 1, 1)], default)).OrderBy(refused => refused.TokenId.Length).Reverse());
        Assert.Empty(await _store.WriteAsync([], default));
    }

    // Set by hand in Redis; the list sorts by percent, and no column of it may refuse a sync.
    [SuiteFact]
    public async Task A_quota_of_many_times_its_total_is_written()
    {
        var token = await NewTokenAsync();

        Assert.Empty(await _store.WriteAsync([new QuotaSnapshot(token.TokenId, new(1, 7), 2_000_000_000, 1)], default));

        Assert.Equal((2_000_000_000, int.MaxValue), ((await FindAsync(token)).RemainingQuota, (await FindAsync(token)).RemainingPercent));
    }

    [SuiteFact]
    public async Task A_quota_can_be_given_up()
    {
        var token = await NewTokenAsync();

        await _store.WriteAsync([new QuotaSnapshot(token.TokenId, new(1, 2), null, null)], default);

        var stored = await FindAsync(token);
        Assert.Equal((null, null, 2L), (stored.RemainingQuota, stored.TotalQuota, stored.SyncedSeq));
    }

    [SuiteFact]
    public async Task A_large_batch_takes_the_newer_and_refuses_the_others()
    {
        List<AccessToken> tokens = [];
        for (int i = 0; i < 1101; i++) tokens.Add(await NewTokenAsync());
        await _store.WriteAsync([.. tokens.Where((_, i) => i % 3 == 0).Select(token => new QuotaSnapshot(token.TokenId, new(2, 1), 1, 10))], default);

        var refused = await _store.WriteAsync([.. tokens.Select((token, i) => new QuotaSnapshot(token.TokenId, new(1, 50), i, 2000))], default);

        Assert.Equal(367, refused.Count);
        Assert.All(refused, one => Assert.Equal(new LedgerPosition(2, 1), one.Synced));
        for (int i = 0; i < tokens.Count; i += 100)
            Assert.Equal(i % 3 == 0 ? 1 : i, (await FindAsync(tokens[i])).RemainingQuota);
    }

    [SuiteFact]
    public async Task Concurrent_writers_in_any_order_end_at_the_latest()
    {
        var tokens = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => NewTokenAsync()));
        int seed = Environment.TickCount;
        var batches = Enumerable.Range(2, 40)
            .Select(seq => tokens.Select(token => new QuotaSnapshot(token.TokenId, new(1 + (seq / 20), seq), 1000 - seq, 1000)).ToArray())
            .ToArray();
        new Random(seed).Shuffle(batches);

        await Parallel.ForEachAsync(
            batches, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (batch, ct) => await _store.WriteAsync(batch, ct));

        foreach (var token in tokens)
        {
            var stored = await FindAsync(token);
            Assert.True((3, 41L, 959) == (stored.SyncedEpoch, stored.SyncedSeq, stored.RemainingQuota), $"seed {seed}: {stored}");
        }
    }

    private Task<AccessToken> NewTokenAsync() => _tokens.CreateAsync(Samples.NewToken(), "request", default);

    private async Task<AccessToken> FindAsync(AccessToken token) => (await _tokens.FindAsync(token.TokenId, default))!;
}
