using Dapper;
using FlowQuota.Errors;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using Xunit;

namespace FlowQuota.Tests.Invariants;

/// <summary>
/// Invariant 17: no instance with different settings may serve. With other partitions it would count the same quota under
/// another key; with another pepper it would not recognize any token.
/// </summary>
public sealed class Invariant17SharedSettingsTests
{
    [ServerFact(Redis = true, MySql = true)]
    public Task Invariant17_An_instance_with_other_partitions_does_not_start() =>
        AssertRefusedAsync("REDIS_PARTITIONS", "4", "Setting REDIS_PARTITIONS is \"4\"; allowed: \"1\"");

    [ServerFact(Redis = true, MySql = true)]
    public Task Invariant17_An_instance_with_another_pepper_does_not_start() =>
        AssertRefusedAsync("TOKEN_PEPPER", "another-pepper-0123456789-0123456789", "Setting TOKEN_PEPPER is another one than before");

    private static async Task AssertRefusedAsync(string setting, string value, string message)
    {
        await using var world = await TestWorld.RealAsync();
        var app = await world.StartAppAsync();
        var token = await app.CreateTokenAsync();

        var refused = await Assert.ThrowsAsync<SettingException>(() => world.StartAppAsync((setting, value)));

        Assert.StartsWith(message, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
        Assert.DoesNotContain(value, setting == "TOKEN_PEPPER" ? refused.Message : string.Empty, StringComparison.Ordinal);
        Assert.Equal(200, (await app.ConsumeAsync(token)).Status);
    }

    [ServerFact(Redis = true, MySql = true)]
    public async Task Invariant17_Either_store_alone_remembers()
    {
        await using var world = await TestWorld.RealAsync();
        var app = await world.StartAppAsync();

        await app.Redis.KeyDeleteAsync("shared_settings");
        await Assert.ThrowsAsync<SettingException>(() => world.StartAppAsync(("REDIS_PARTITIONS", "4")));

        await world.StartAppAsync();
        await DeleteFromSqlAsync(app);
        await Assert.ThrowsAsync<SettingException>(() => world.StartAppAsync(("REDIS_PARTITIONS", "4")));
    }

    [ServerFact(Redis = true, MySql = true)]
    public async Task A_system_from_before_that_has_no_record_starts_and_gets_one()
    {
        await using var world = await TestWorld.RealAsync();
        var app = await world.StartAppAsync();
        var token = await app.CreateTokenAsync();
        await app.Redis.KeyDeleteAsync("shared_settings");
        await DeleteFromSqlAsync(app);

        var upgraded = await world.StartAppAsync();

        Assert.Equal(200, (await upgraded.ConsumeAsync(token)).Status);
        Assert.True(await app.Redis.KeyExistsAsync("shared_settings"));
        await Assert.ThrowsAsync<SettingException>(() => world.StartAppAsync(("REDIS_PARTITIONS", "4")));
    }

    private static async Task DeleteFromSqlAsync(TestApp app)
    {
        await using var connection = await app.Sql.OpenAsync(default);
        await connection.ExecuteAsync("DELETE FROM shared_settings");
    }
}
