using System.Net.NetworkInformation;
using FlowQuota.SelfHost.Embedded;
using FlowQuota.Tests.Apps;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;
using Xunit;

namespace FlowQuota.Tests.Embedded;

/// <summary>Protects the embedded Redis: its answered writes survive it, no other user may open it, and it restarts by itself.</summary>
public sealed class EmbeddedRedisTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("flowquota-embedded-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task What_was_answered_is_there_after_the_next_start_and_leases_and_rings_are_not()
    {
        await using (var first = await StartAsync(_folder))
        {
            await using var connection = await ConnectionMultiplexer.ConnectAsync(first.Connection);
            var database = connection.GetDatabase();
            Assert.True(await first.RunAsync(() => database.StringSetAsync("kept", "1")));
            Assert.True(await first.RunAsync(() => database.StringSetAsync("lease:audit", "a drain that died")));
            Assert.True(await first.RunAsync(() => database.StringSetAsync("ring:sync", "1")));
        }

        await using var second = await StartAsync(_folder);
        await using var again = await ConnectionMultiplexer.ConnectAsync(second.Connection);
        Assert.Equal("1", await again.GetDatabase().StringGetAsync("kept"));
        Assert.False(await again.GetDatabase().KeyExistsAsync("lease:audit"));
        Assert.False(await again.GetDatabase().KeyExistsAsync("ring:sync"));
    }

    [Fact]
    public async Task Only_its_owner_may_open_it_and_it_listens_on_no_port()
    {
        var before = Ports();
        await using var redis = await StartAsync(_folder);
        Assert.StartsWith("!", redis.Connection, StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_folder, "redis.sock")));
        string[] own = [.. Ports().Except(before)];
        foreach (string endpoint in own)
        {
            // Other tests of this process may listen by now; Redis answers PING, they do not.
            var options = ConfigurationOptions.Parse($"{endpoint},connectTimeout=300,abortConnect=false,connectRetry=0");
            await using var connection = await ConnectionMultiplexer.ConnectAsync(options);
            Assert.False(connection.IsConnected, endpoint);
        }
    }

    [Fact]
    public async Task A_folder_whose_path_is_no_address_of_a_socket_has_its_socket_elsewhere()
    {
        string deep = Path.Combine(_folder, new string('d', 120), "with, blanks = and commas");
        await using var redis = await StartAsync(deep);
        await using var connection = await ConnectionMultiplexer.ConnectAsync(redis.Connection);
        Assert.True(await redis.RunAsync(() => connection.GetDatabase().StringSetAsync("key", "1")));
    }

    [Fact]
    public async Task A_command_whose_reply_never_comes_has_it_begin_again_with_all_that_was_answered()
    {
        await using var redis = await StartAsync(_folder);
        var recovered = new TaskCompletionSource();
        redis.Recovered += (_, _) => recovered.TrySetResult();
        await using var connection = await ConnectionMultiplexer.ConnectAsync($"{redis.Connection},abortConnect=false");
        var database = connection.GetDatabase();
        Assert.Equal(1, await redis.RunAsync(() => database.StringIncrementAsync("answered")));

        await Assert.ThrowsAsync<RedisTimeoutException>(() => redis.RunAsync<long>(() =>
            throw new RedisTimeoutException(CommandFlags.None, "No reply.", CommandStatus.Sent)));
        await recovered.Task.WaitAsync(TimeSpan.FromSeconds(60));

        await Eventually.TrueAsync(async () =>
        {
            try
            {
                return await redis.RunAsync(() => database.StringGetAsync("answered")) == 1;
            }
            catch (RedisException)
            {
                // The connection is not restored yet.
                return false;
            }
        });
    }

    [Fact]
    public async Task No_commit_begins_while_a_command_runs_and_those_that_end_together_are_answered_together()
    {
        await using var redis = await StartAsync(_folder);
        var running = new TaskCompletionSource<bool>();
        var slow = redis.RunAsync(() => running.Task);
        var quick = redis.RunAsync(() => Task.FromResult(true));
        bool hasBegun = false;
        var later = redis.RunAsync(() => Task.FromResult(hasBegun = true));

        // The quick one has its reply, which is not used before the commit; and that waits for the slow one.
        Assert.False(quick.IsCompleted);
        Assert.False(hasBegun);

        running.SetResult(true);
        Assert.True(await slow.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.True(await quick.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.True(await later.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    private static async Task<EmbeddedRedis> StartAsync(string folder)
    {
        var redis = new EmbeddedRedis(Directory.CreateDirectory(folder).FullName, folder, partitions: 1, maxLogBytes: 1 << 20);
        await redis.StartAsync(NullLogger.Instance);
        return redis;
    }

    private static HashSet<string> Ports() =>
        [.. IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Select(endpoint => endpoint.ToString())];
}
