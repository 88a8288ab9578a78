using FlowQuota.Administration;
using FlowQuota.Errors;
using FlowQuota.Ledger;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Contract;
using FlowQuota.Tests.Servers;
using FlowQuota.Tests.Storage;
using FlowQuota.Tokens;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FlowQuota.Tests.Invariants;

/// <summary>
/// Invariant 15: an admin's change is applied once, however often it is repeated under one id. Processes that die are tested in
/// <see cref="Quotas.ChangeOnceSuite"/>; here Redis itself fails, and the responses are checked.
/// </summary>
public sealed class Invariant15AdminChangesOnceTests(SqliteFixture sql) : IClassFixture<SqliteFixture>
{
    private static readonly TokenChange Recharge = new()
    {
        QuotaOperation = QuotaOperation.Add,
        QuotaAmount = 100,
        Expiry = new TokenExpiry(ExpiryOperation.Add, Days: 30),
    };

    [ServerFact(Redis = true)]
    public async Task A_change_whose_reply_is_late_is_applied_once() => await AssertOnceAsync(
        (proxy, _) => proxy.ReplyDelay = TimeSpan.FromSeconds(1.5),
        (proxy, _) =>
        {
            proxy.ReplyDelay = TimeSpan.Zero;
            return Task.CompletedTask;
        });

    [ServerFact(Redis = true)]
    public async Task A_change_whose_reply_is_lost_is_applied_once() => await AssertOnceAsync(
        (proxy, _) => proxy.LosesReplies = true,
        (proxy, _) =>
        {
            proxy.LosesReplies = false;
            proxy.Reset();
            return Task.CompletedTask;
        });

    [ServerFact(Redis = true)]
    public async Task A_change_that_Redis_carries_out_after_it_was_given_up_is_applied_once() => await AssertOnceAsync(
        (_, redis) => redis.PauseAsync(TimeSpan.FromSeconds(1.5)).Wait(),
        (_, _) => Task.CompletedTask);

    [ServerFact(Redis = true)]
    public async Task A_change_is_applied_once_over_a_restart_of_Redis() => await AssertOnceAsync(
        (proxy, _) => proxy.LosesReplies = true,
        async (proxy, redis) =>
        {
            await redis.KillAsync();
            proxy.LosesReplies = false;
            proxy.Reset();
            await redis.StartAgainAsync();
        });

    [ServerFact(Redis = true)]
    public async Task A_change_that_Redis_forgot_is_applied_once() => await AssertOnceAsync(
        (proxy, _) => proxy.LosesReplies = true,
        async (proxy, redis) =>
        {
            // Its last second is lost: counter, event and key.
            await redis.LosePowerAsync(length => length / 2);
            proxy.LosesReplies = false;
            proxy.Reset();
            await redis.StartAgainAsync();
        });

    [ServerFact(Redis = true, MySql = true)]
    public async Task The_answers_say_what_happened_and_that_a_repeat_is_safe()
    {
        await using var redis = await OwnRedis.StartDurableAsync();
        await using var world = await TestWorld.RealAsync();
        var app = await world.StartAppAsync(
            ("REDIS_CONNECTION", redis.Connection), ("REDIS_TIMEOUT_MS", "500"), ("FLOW_TIME_ZONE", ContractApp.TimeZone));
        var token = await app.CreateTokenAsync();
        object body = new { quota_operation = "add", quota_amount = 5 };

        Assert.Equal(200, (await ChangeAsync(app, token, "one", body)).Status);
        var again = await ChangeAsync(app, token, "one", body);
        Assert.Equal((200, "true"), (again.Status, again.Headers["Idempotent-Replayed"]));
        Assert.Equal(15, again.Data.GetProperty("remaining_quota").GetInt32());
        Envelope.Refused(await ChangeAsync(app, token, "one", new { quota_operation = "add", quota_amount = 6 }), 422, "IdempotencyMismatch");

        await redis.PauseAsync(TimeSpan.FromSeconds(2));
        var refused = await ChangeAsync(app, token, "two", body);
        Envelope.Refused(refused, 503, "ServiceUnavailable");
        Assert.Contains("may have been applied", refused.Body.ToString(), StringComparison.Ordinal);
        Assert.Contains("X-Request-ID", refused.Body.ToString(), StringComparison.Ordinal);

        await Eventually.TrueAsync(async () => (await ChangeAsync(app, token, "two", body)).Status == 200);
        await Eventually.TrueAsync(async () => (int?)await app.Redis.StringGetAsync($"quota:{token.Id}") == 20);

        await redis.KillAsync();
        await Eventually.TrueAsync(async () =>
            (await ChangeAsync(app, token, "none", body)).Body.ToString().Contains("changed nothing", StringComparison.Ordinal));
        await redis.StartAgainAsync();
        await Eventually.TrueAsync(async () => (await ChangeAsync(app, token, "none", new { quota_operation = "add", quota_amount = 7 })).Status == 200);
        await Eventually.TrueAsync(async () => (int?)await app.Redis.StringGetAsync($"quota:{token.Id}") == 27);

        Assert.Equal(200, (await DeleteAsync(app, token, "three")).Status);
        Assert.Equal(200, (await DeleteAsync(app, token, "three")).Status);
        Assert.Equal(404, (await DeleteAsync(app, token, "four")).Status);
    }

    /// <summary>Injects a fault once SQL has the request, and repeats the request until it is answered.</summary>
    private async Task AssertOnceAsync(Action<TcpProxy, OwnRedis> fail, Func<TcpProxy, OwnRedis, Task> recover)
    {
        await using var redis = await OwnRedis.StartDurableAsync();
        await using var proxy = new TcpProxy(redis.Port);
        int begins = 0;
        await using var domain = await TestDomain.StartAsync(
            $"127.0.0.1:{proxy.Port}", sql.Dialect,
            services => InterposedTokenStore.Replace(services, () =>
            {
                if (Interlocked.Increment(ref begins) == 1)
                    fail(proxy, redis);
                return Task.CompletedTask;
            }),
            ("REDIS_TIMEOUT_MS", "500"));
        var holder = await domain.IssueAsync(10);

        var refused = await Assert.ThrowsAsync<ChangeUnavailableException>(() => domain.Admin.ChangeAsync(holder.Id, Recharge, "once", default));
        Assert.True(refused.MayBeApplied);
        await recover(proxy, redis);
        TokenChangeResult? result = null;
        await Eventually.TrueAsync(async () =>
        {
            try
            {
                result = await domain.Admin.ChangeAsync(holder.Id, Recharge, "once", default);
                return true;
            }
            catch (StoreUnavailableException)
            {
                return false;
            }
        });

        // An attempt that timed out may still be applied.
        await Task.Delay(TimeSpan.FromSeconds(2));
        for (int i = 0; i < 3; i++)
            Assert.True((await domain.Admin.ChangeAsync(holder.Id, Recharge, "once", default)).IsReplay);
        Assert.Equal((110, 110), (result!.Token!.RemainingQuota, result.Token.TotalQuota));
        Assert.InRange(result.Token.ExpiresAt!.Value, DateTime.UtcNow.AddDays(29), DateTime.UtcNow.AddDays(31));
        Assert.Equal(110, await domain.Redis.StringGetAsync(domain.Keyspace.Quota(holder.Id)));
        await domain.DrainAsync();
        Assert.Equal([10, 110], (await StoredLedger.ReadWholeAsync(sql.Dialect, holder.Id)).Select(row => row.After));
    }

    private static Task<TestAnswer> ChangeAsync(TestApp app, TestToken token, string requestId, object body) =>
        SendAsync(app, HttpMethod.Put, token, requestId, body);

    private static Task<TestAnswer> DeleteAsync(TestApp app, TestToken token, string requestId) =>
        SendAsync(app, HttpMethod.Delete, token, requestId, body: null);

    private static async Task<TestAnswer> SendAsync(TestApp app, HttpMethod method, TestToken token, string requestId, object? body)
    {
        using var request = new HttpRequestMessage(method, $"/flow/tokens/{token.Id}");
        request.Headers.Authorization = new("Bearer", TestApp.AdminToken);
        request.Headers.Add("X-Request-ID", requestId);
        if (body is not null)
            request.Content = System.Net.Http.Json.JsonContent.Create(body);
        return await app.SendAsync(request);
    }
}
