using Dapper;
using FlowQuota.Administration;
using FlowQuota.Admission;
using FlowQuota.Errors;
using FlowQuota.Ledger;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using FlowQuota.Tokens;
using Xunit;

namespace FlowQuota.Tests.Quotas;

/// <summary>Invariant 15: an admin's change is applied once, however often it is repeated under one id.</summary>
public abstract class ChangeOnceSuite(Stores stores) : LedgerSuite(stores)
{
    private static readonly TokenChange AddFive = new() { QuotaOperation = QuotaOperation.Add, QuotaAmount = 5 };
    private static readonly TokenChange AddDays = new() { Expiry = new TokenExpiry(ExpiryOperation.Add, Days: 30) };

    private static readonly TokenChange[] Changes =
    [
        AddFive,
        new() { QuotaOperation = QuotaOperation.Set, QuotaAmount = 20 },
        new() { QuotaOperation = QuotaOperation.Reset },
        new() { QuotaOperation = QuotaOperation.Reset, QuotaAmount = 4 },
        new() { QuotaType = QuotaType.Hybrid },
        AddDays,
        AddDays with { QuotaOperation = QuotaOperation.Add, QuotaAmount = 5 },
        new() { RateLimitPerMinute = OptionalLimit.To(100) },
        new() { IsActive = true },
    ];

    [SuiteFact]
    public async Task A_repeat_is_answered_with_what_the_first_led_to_and_changes_nothing()
    {
        foreach (var change in Changes)
        {
            var holder = await Domain.IssueAsync(10);
            await Domain.AdmitAsync(holder, cost: 3);
            var first = await ChangeAsync(holder, change, "once");
            await Domain.AdmitAsync(holder, requestId: "between");
            string before = await StateAsync(holder);

            var again = await ChangeAsync(holder, change, "once");

            Assert.Equal((false, true), (first.IsReplay, again.IsReplay));
            Assert.Equal(Answer(first), Answer(again));
            Assert.Equal(before, await StateAsync(holder));
            Assert.False((await ChangeAsync(holder, change, "twice")).IsReplay);
        }
    }

    [SuiteFact]
    public async Task A_quota_that_was_given_up_is_given_up_once()
    {
        var holder = await Domain.IssueAsync(10);
        var timed = new TokenChange { QuotaType = QuotaType.Time };
        await ChangeAsync(holder, timed, "once");
        await ChangeAsync(holder, new TokenChange { QuotaType = QuotaType.Count, QuotaOperation = QuotaOperation.Set, QuotaAmount = 8 }, "taken again");

        Assert.True((await ChangeAsync(holder, timed, "once")).IsReplay);

        Assert.Equal(AdmissionStatus.Admitted, (await Domain.AdmitAsync(holder)).Status);
        Assert.Equal([10, null, 8, 7], (await LedgerAsync(holder)).Select(row => row.After));
    }

    [SuiteFact]
    public async Task Another_change_under_the_same_id_is_refused_and_changes_nothing()
    {
        var holder = await Domain.IssueAsync(10);
        await ChangeAsync(holder, AddFive, "once");
        string before = await StateAsync(holder);

        foreach (var other in new[] { AddFive with { QuotaAmount = 6 }, AddFive with { IsActive = false }, AddDays })
            await Assert.ThrowsAsync<IdempotencyMismatchException>(() => ChangeAsync(holder, other, "once"));

        Assert.Equal(before, await StateAsync(holder));
    }

    [SuiteFact]
    public async Task The_same_id_on_another_token_is_another_request()
    {
        TestHolder one = await Domain.IssueAsync(10), other = await Domain.IssueAsync(10);
        await ChangeAsync(one, AddFive, "once");

        Assert.False((await ChangeAsync(other, AddFive with { QuotaAmount = 6 }, "once")).IsReplay);
        Assert.Equal((15, 16), (await CounterAsync(one), await CounterAsync(other)));
    }

    [SuiteFact]
    public async Task A_refused_change_is_not_remembered()
    {
        var holder = await Domain.IssueAsync(int.MaxValue);
        await Assert.ThrowsAsync<InvalidFieldException>(() => ChangeAsync(holder, AddFive, "once"));

        Assert.False((await ChangeAsync(holder, AddFive with { QuotaOperation = QuotaOperation.Reset }, "once")).IsReplay);
        Assert.Equal(5, await CounterAsync(holder));
    }

    [SuiteFact]
    public async Task Repeats_at_once_on_several_instances_change_it_once()
    {
        await using var second = await Stores.StartAsync();
        var holder = await Domain.IssueAsync(10);

        var both = new TokenChange { QuotaOperation = QuotaOperation.Add, QuotaAmount = 5, Expiry = new TokenExpiry(ExpiryOperation.Add, Days: 30) };
        var results = await Task.WhenAll(Enumerable.Range(0, 16).Select(i =>
            (i % 2 == 0 ? Domain : second).Admin.ChangeAsync(holder.Id, both, "once", default)));

        Assert.Single(results.Select(Answer).Distinct());
        Assert.Equal([10, 15], (await LedgerAsync(holder)).Select(row => row.After));
        Assert.InRange(results[0].Token!.ExpiresAt!.Value, DateTime.UtcNow.AddDays(29), DateTime.UtcNow.AddDays(31));
    }

    /// <summary>The process dies after each of the steps of a change; only the state of Redis and SQL survives.</summary>
    [SuiteFact]
    public async Task A_repeat_ends_what_a_process_that_died_began()
    {
        foreach (var death in Enum.GetValues<DeathAt>())
        {
            await AssertEndedByRepeatAsync(death, redisForgets: false);
            await AssertEndedByRepeatAsync(death, redisForgets: true);
        }
    }

    private async Task AssertEndedByRepeatAsync(DeathAt death, bool redisForgets)
    {
        var both = AddDays with { QuotaOperation = QuotaOperation.Add, QuotaAmount = 5 };
        var holder = await Domain.IssueAsync(10);
        await using (var dying = await Stores.StartAsync(services => DyingStores.Replace(services, death)))
            await Assert.ThrowsAsync<DyingStores.DeathException>(() => dying.Admin.ChangeAsync(holder.Id, both, "once", default));
        // Counter, terms and key are lost together, and SQL's state is loaded. The clock of Redis was days behind.
        if (redisForgets)
        {
            await Stores.FlushRedisAsync();
            await using var connection = await Stores.Sql.OpenAsync(default);
            await connection.ExecuteAsync("UPDATE token_quota_logs SET created_at = @at WHERE token = @Id", new { holder.Id, at = DateTime.UtcNow.AddDays(-3) });
        }

        for (int i = 0; i < 3; i++)
        {
            var result = await ChangeAsync(holder, both, "once");
            Assert.Equal((15, 15), (result.Token!.RemainingQuota, result.Token.TotalQuota));
            Assert.InRange(result.Token.ExpiresAt!.Value, DateTime.UtcNow.AddDays(29), DateTime.UtcNow.AddDays(31));
        }

        await Domain.AdmitAsync(holder);
        Assert.Equal([10, 15, 14], (await LedgerAsync(holder)).Select(row => row.After));
        var stored = await StoredLedger.ReadQuotaAsync(Stores.Sql, holder.Id);
        Assert.Equal((14, 15), (stored.Remaining, stored.Total));
    }

    [SuiteFact]
    public async Task A_repeat_after_Redis_forgot_everything_changes_nothing()
    {
        var holder = await Domain.IssueAsync(10);
        await ChangeAsync(holder, AddFive, "once");
        await Stores.FlushRedisAsync();

        Assert.True((await ChangeAsync(holder, AddFive, "once")).IsReplay);

        await Domain.AdmitAsync(holder);
        Assert.Equal([10, 15, 14], (await LedgerAsync(holder)).Select(row => row.After));
    }

    [SuiteFact]
    public async Task A_deletion_is_answered_again_as_it_was()
    {
        var holder = await Domain.IssueAsync(10);

        Assert.True(await Domain.Admin.DeleteAsync(holder.Id, "once", default));
        Assert.True(await Domain.Admin.DeleteAsync(holder.Id, "once", default));
        Assert.False(await Domain.Admin.DeleteAsync(holder.Id, "twice", default));
    }

    [SuiteFact]
    public async Task Redis_keeps_what_was_done_for_at_least_a_day()
    {
        var holder = await Domain.IssueAsync(10);
        await ChangeAsync(holder, AddFive, "once");

        var key = Domain.Keyspace.ForChangeOnce(holder.Id, IdempotencyKey.Of("PUT /flow/tokens", "once", []).Hash)[^1];
        Assert.InRange((await Redis.KeyTimeToLiveAsync(key))!.Value, TimeSpan.FromHours(24), TimeSpan.FromHours(48));
    }

    private Task<TokenChangeResult> ChangeAsync(TestHolder holder, TokenChange change, string requestId) =>
        Domain.Admin.ChangeAsync(holder.Id, change, requestId, default);

    private static (int?, int?, DateTime?, QuotaType?, int?, bool?, DateTime?) Answer(TokenChangeResult result) =>
        (result.Token?.RemainingQuota, result.Token?.TotalQuota, result.Token?.ExpiresAt, result.Token?.QuotaType,
            result.Token?.RateLimitPerMinute, result.Token?.IsActive, result.Token?.UpdatedAt);

    /// <summary>The whole state of a token in both stores, once everything is written.</summary>
    private async Task<string> StateAsync(TestHolder holder)
    {
        var rows = await LedgerAsync(holder);
        var token = (await Domain.Tokens.FindAsync(holder.Id, default))!;
        var fields = (await Redis.HashGetAllAsync(Domain.Keyspace.Token(holder.Id))).OrderBy(field => (string)field.Name!, StringComparer.Ordinal);
        return string.Join('\n', [.. rows.Select(row => row.ToString()), (token with { SecretHash = [] }).ToString(), .. fields.Select(field => field.ToString()),
            (await CounterAsync(holder)).ToString()]);
    }
}
