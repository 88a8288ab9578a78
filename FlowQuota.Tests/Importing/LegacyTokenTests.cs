using System.Globalization;
using FlowQuota.Import;
using FlowQuota.Sql;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using FlowQuota.Tokens;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FlowQuota.Tests.Importing;

/// <summary>The holder of a token of the Go system can use it after the move, and no other caller gains anything by it.</summary>
public sealed class LegacyTokenTests : IAsyncLifetime
{
    private static readonly TestToken Holder = new(LegacyFixture.Token(1), new TokenCodec(TestWorld.Pepper).ReadLegacy(LegacyFixture.Token(1))!.TokenId);

    private readonly LegacyFixture _legacy = new();

    public Task InitializeAsync() => _legacy.InitializeAsync();

    public Task DisposeAsync() => _legacy.DisposeAsync();

    [ServerFact(Redis = true, MySql = true)]
    public async Task An_old_token_executes_after_the_move_and_its_old_calls_are_in_its_log()
    {
        await using var world = await TestWorld.RealAsync();
        var app = await StartAsync(world);

        var answer = await app.ExecuteAsync(Holder, "return 6 * 7");

        Assert.Equal(200, answer.Status);
        Assert.Equal((42, 6, 10), (answer.Body.GetProperty("result").GetInt32(),
            answer.Body.GetProperty("quota").GetProperty("remaining_quota").GetInt32(), answer.Body.GetProperty("quota").GetProperty("total_quota").GetInt32()));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/flow/quota");
        request.Headers.Add("accessToken", Holder.Full.ToUpperInvariant().Replace("FLOW_", "flow_", StringComparison.Ordinal));
        Assert.Equal(200, (await app.SendAsync(request)).Status);
        await app.DrainAsync();

        // The full token in a URL names it, as its public id does.
        foreach (string name in new[] { Holder.Full, Holder.Id })
        {
            var logs = (await app.AdminAsync(HttpMethod.Get, $"/flow/tokens/{name}/quota/logs")).Data.GetProperty("logs").EnumerateArray().ToArray();
            Assert.Equal(
                ["consume 7 6", "init 0 7", "consume 8 7", "consume 10 9", "init 0 10"],
                logs.Select(row => string.Create(CultureInfo.InvariantCulture,
                    $"{row.GetProperty("action")} {row.GetProperty("quota_before")} {row.GetProperty("quota_after")}")));
            Assert.All(logs, row => Assert.Equal(Holder.Id, row.GetProperty("token").GetString()));
            Assert.Equal(1, (await app.AdminAsync(HttpMethod.Get, $"/flow/tokens?token={name}")).Data.GetProperty("count").GetInt32());
            Assert.Equal(6, (await app.AdminAsync(HttpMethod.Get, $"/flow/tokens/{name}/quota")).Data.GetProperty("remaining_quota").GetInt32());
        }

        var verified = (await app.AdminAsync(HttpMethod.Get, "/flow/quota/verify")).Data;
        Assert.True(verified.GetProperty("balanced").GetBoolean(), verified.ToString());
        Assert.Equal(7, verified.GetProperty("checked_tokens").GetInt32());
    }

    [ServerFact(Redis = true, MySql = true)]
    public async Task Disabled_expired_spent_and_made_up_tokens_are_refused_and_take_nothing()
    {
        await using var world = await TestWorld.RealAsync();
        var app = await StartAsync(world);

        Assert.Equal(401, (await app.ConsumeAsync(Old(4))).Status);
        Assert.Equal(401, (await app.ConsumeAsync(Old(3))).Status);
        Assert.Equal(401, (await app.ConsumeAsync(Old(777))).Status);
        Assert.Equal(401, (await app.ConsumeAsync(Old(777))).Status);
        var spent = await app.ConsumeAsync(Old(6));
        Assert.Equal((429, "QuotaExceeded"), (spent.Status, spent.ErrorType));

        await app.AdminAsync(HttpMethod.Put, $"/flow/tokens/{Old(1).Full}", new { is_active = false });
        Assert.Equal(401, (await app.ConsumeAsync(Old(1))).Status);
        await app.AdminAsync(HttpMethod.Delete, $"/flow/tokens/{Old(5).Full}");
        Assert.Equal(401, (await app.ConsumeAsync(Old(5))).Status);
        await app.DrainAsync();
        Assert.True((await app.AdminAsync(HttpMethod.Get, "/flow/quota/verify")).Data.GetProperty("balanced").GetBoolean());
    }

    [ServerFact(Redis = true, MySql = true)]
    public async Task Where_legacy_tokens_are_not_taken_they_are_401_without_a_look_into_the_stores()
    {
        await using var world = await TestWorld.RealAsync();
        var app = await StartAsync(world, ("LEGACY_TOKENS", "false"));

        Assert.Equal(401, (await app.ConsumeAsync(Holder)).Status);
        Assert.Equal(401, (await app.ExecuteAsync(Holder, "return 1")).Status);
        Assert.Equal(404, (await app.AdminAsync(HttpMethod.Get, $"/flow/tokens/{Holder.Full}/quota")).Status);

        Assert.False(await app.Redis.KeyExistsAsync($"token:{Holder.Id}"));
        // Imported rows are there for admins all the same.
        Assert.Equal(7, (await app.AdminAsync(HttpMethod.Get, $"/flow/tokens/{Holder.Id}/quota")).Data.GetProperty("remaining_quota").GetInt32());
    }

    [ServerFact(Redis = true, MySql = true)]
    public async Task No_old_token_is_in_Redis_or_in_the_log()
    {
        await using var world = await TestWorld.RealAsync();
        var app = await StartAsync(world);

        await app.ExecuteAsync(Holder, "throw new Error('x')");
        await app.ConsumeAsync(Old(777));
        await app.AdminAsync(HttpMethod.Put, $"/flow/tokens/{Holder.Full}", new { quota_operation = "add", quota_amount = 5 });
        await app.AdminAsync(HttpMethod.Get, $"/flow/tokens?token={Holder.Full}");

        foreach (string text in new[] { await RedisDump.ReadAsync(app.Redis), string.Join('\n', app.Log.Lines) })
            Assert.DoesNotContain(new string('a', 32), text, StringComparison.OrdinalIgnoreCase);
        Assert.Contains(Holder.Id, await RedisDump.ReadAsync(app.Redis), StringComparison.Ordinal);
    }

    private static TestToken Old(int row) => new(LegacyFixture.Token(row), "");

    /// <summary>An app with an imported database.</summary>
    private async Task<TestApp> StartAsync(TestWorld world, params (string Name, string Value)[] settings)
    {
        var app = await world.StartAppAsync([("LEGACY_TOKENS", "true"), .. settings]);
        var report = await new LegacyImport(
            new LegacyImportSettings
            {
                LegacyConnection = _legacy.ConnectionString,
                TokenPepper = TestWorld.Pepper,
                TimeZone = TimeZoneInfo.FindSystemTimeZoneById(LegacyFixture.TimeZone),
                // The dump's days do not move with today's.
                RetentionDays = 3650,
                MigrateDatabase = false,
                AcceptsLegacyTokens = true,
            },
            app.Sql, app.Services.GetRequiredService<SchemaMigrator>(), TimeProvider.System).RunAsync(apply: true, progress: null, default);
        Assert.Equal(7, report.ImportedTokens);
        return app;
    }
}
