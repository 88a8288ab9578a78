using FlowQuota.Settings;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FlowQuota.Tests.Operators;

/// <summary>Protects the runbooks: the operators' Redis commands have the same replies as in earlier versions.</summary>
public sealed class RedisRunbookTests
{
    [ServerFact(Redis = true, MySql = true)]
    public async Task Every_live_token_has_one_quota_key_that_holds_a_plain_integer()
    {
        await using var world = await TestWorld.RealAsync();
        var app = await world.StartAppAsync();
        string redis = app.Services.GetRequiredService<FlowQuotaSettings>().Redis.Connection;
        TestToken first = await app.CreateTokenAsync(), second = await app.CreateTokenAsync(), deleted = await app.CreateTokenAsync();
        await app.ConsumeAsync(first, 3);
        await app.AdminAsync(HttpMethod.Put, $"/flow/tokens/{second.Id}", new { quota_operation = "add", quota_amount = 2_000_000_000 });
        await app.AdminAsync(HttpMethod.Delete, $"/flow/tokens/{deleted.Id}");

        string[] keys = await RedisCli.RunAsync(redis, "KEYS", "quota:*");

        Assert.Equal(new[] { $"quota:{first.Id}", $"quota:{second.Id}" }.Order(), keys.Order());
        Assert.Equal(["7"], await RedisCli.RunAsync(redis, "GET", $"quota:{first.Id}"));
        Assert.Equal(["2000000010"], await RedisCli.RunAsync(redis, "GET", $"quota:{second.Id}"));
    }

    [ServerFact(Redis = true, MySql = true)]
    public async Task An_append_only_file_that_is_off_is_turned_on_and_the_log_says_so()
    {
        await using var redis = await OwnRedis.StartForgetfulAsync();
        await using var world = await TestWorld.RealAsync();
        Assert.Equal(["appendonly", "no"], await RedisCli.RunAsync(redis.Connection, "CONFIG", "GET", "appendonly"));

        var app = await world.StartAppAsync(("REDIS_CONNECTION", redis.Connection));

        await Eventually.TrueAsync(() => AofLines(app).Count >= 3);
        Assert.Equal(["appendonly", "yes"], await RedisCli.RunAsync(redis.Connection, "CONFIG", "GET", "appendonly"));
        var lines = AofLines(app);
        Assert.Contains("Redis AOF check", lines[0], StringComparison.Ordinal);
        int enabled = lines.FindIndex(line => line.Contains("Redis AOF persistence enabled", StringComparison.Ordinal));
        int state = lines.FindIndex(line => line.Contains("appendonly=yes appendfsync=everysec", StringComparison.Ordinal));
        Assert.True(enabled > 0 && state > enabled, string.Join('\n', lines));
        // Started without a file of its own, the server cannot keep the setting over a restart.
        Assert.Contains(lines, line => line.Contains("is in force but not in the server's file", StringComparison.Ordinal));
    }

    [ServerFact(Redis = true, MySql = true)]
    public async Task Where_CONFIG_is_not_allowed_the_app_starts_and_says_what_to_set()
    {
        await using var redis = await OwnRedis.StartForgetfulAsync();
        await redis.ExecuteAsync("ACL", "SETUSER", "app", "on", ">app-password-of-this-test", "~*", "&*", "+@all", "-config");
        await using var world = await TestWorld.RealAsync();

        var app = await world.StartAppAsync(("REDIS_CONNECTION", $"{redis.Connection},user=app,password=app-password-of-this-test"));

        await Eventually.TrueAsync(() => AofLines(app).Exists(
            line => line.Contains("Set appendonly yes and appendfsync everysec in the server's configuration", StringComparison.Ordinal)));
        Assert.Equal(200, (await app.ConsumeAsync(await app.CreateTokenAsync())).Status);
    }

    [ServerFact(Redis = true, MySql = true)]
    public async Task A_server_that_may_evict_keys_is_warned_about()
    {
        await using var redis = await OwnRedis.StartDurableAsync();
        await redis.ExecuteAsync("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
        await using var world = await TestWorld.RealAsync();

        var app = await world.StartAppAsync(("REDIS_CONNECTION", redis.Connection));

        await Eventually.TrueAsync(() => app.Log.Lines.Any(
            line => line.Contains("Redis may evict keys (maxmemory-policy allkeys-lru)", StringComparison.Ordinal)));
    }

    private static List<string> AofLines(TestApp app) =>
        [.. app.Log.Lines.Where(line => line.Contains("Redis AOF", StringComparison.Ordinal))];
}
