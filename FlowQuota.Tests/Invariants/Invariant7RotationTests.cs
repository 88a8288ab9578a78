using System.Collections.Concurrent;
using System.Text.Json;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using Xunit;

namespace FlowQuota.Tests.Invariants;

/// <summary>
/// Invariant 7 under load on two instances: no call with the old secret is admitted after its end, none with the new one is refused.
/// </summary>
public sealed class Invariant7RotationTests
{
    [ServerFact(Redis = true, MySql = true)]
    public Task Without_a_grace_the_old_secret_ends_with_the_answer() => AssertExchangedAsync(graceSeconds: 0, evict: false);

    [ServerFact(Redis = true, MySql = true)]
    public Task Without_a_grace_the_old_secret_ends_with_the_answer_while_cold_loads_race() => AssertExchangedAsync(graceSeconds: 0, evict: true);

    [ServerFact(Redis = true, MySql = true)]
    public Task With_a_grace_the_old_secret_ends_at_its_instant_on_both_instances() => AssertExchangedAsync(graceSeconds: 2, evict: false);

    private static async Task AssertExchangedAsync(int graceSeconds, bool evict)
    {
        await using var world = await TestWorld.RealAsync();
        TestApp admin = await world.StartAppAsync(), other = await world.StartAppAsync();
        var old = await admin.CreateTokenAsync(
            new { ws_id = "ws", email = "a@example.com", operation = "unlimited", quota_type = "count", total_quota = 1_000_000 });
        // By the clock of Redis, in ms; before the answer to the rotation the end is not known.
        long end = long.MaxValue;
        bool isOver = false;
        TestToken? present = null;
        ConcurrentBag<string> wrong = [];
        int before = 0, withNew = 0, refused = 0;

        var callers = Enumerable.Range(0, 6).Select(n => Task.Run(async () =>
        {
            var app = n % 2 == 0 ? admin : other;
            while (!Volatile.Read(ref isOver))
            {
                long started = await NowAsync(app);
                long known = Interlocked.Read(ref end);
                int status = (await app.ConsumeAsync(old)).Status;
                // 503 is a cold load that lost its race.
                if (status == 200 && started >= known)
                    wrong.Add($"The old secret was good at {started}, after {known}.");
                if (status == 401 && known != long.MaxValue && await NowAsync(app) < known)
                    wrong.Add("The old secret was refused before its end.");
                Interlocked.Increment(ref status == 200 ? ref before : ref refused);
                if (Volatile.Read(ref present) is not { } token)
                    continue;
                status = (await app.ConsumeAsync(token)).Status;
                if (status is not (200 or 503))
                    wrong.Add($"The new secret was refused: {status}.");
                Interlocked.Add(ref withNew, status == 200 ? 1 : 0);
            }
        })).ToList();
        var evictor = Task.Run(async () =>
        {
            while (evict && !Volatile.Read(ref isOver))
            {
                await admin.Redis.KeyDeleteAsync([$"quota:{old.Id}", $"token:{old.Id}"]);
                await Task.Delay(TimeSpan.FromMilliseconds(60));
            }
        });
        await Eventually.TrueAsync(() => Volatile.Read(ref before) > (evict ? 3 : 30));

        var answer = await admin.AdminAsync(HttpMethod.Post, $"/flow/tokens/{old.Id}/rotate", new { grace_seconds = graceSeconds });
        Assert.Equal(200, answer.Status);
        Interlocked.Exchange(ref end, graceSeconds == 0 ? await NowAsync(admin) : (long)await admin.Redis.HashGetAsync($"token:{old.Id}", "earlier_until"));
        Volatile.Write(ref present, Token(answer.Data));
        await Eventually.TrueAsync(() => Volatile.Read(ref withNew) > 30 && Volatile.Read(ref refused) > 30);

        Volatile.Write(ref isOver, true);
        await Task.WhenAll(callers);
        await evictor;
        Assert.Empty(wrong);
    }

    private static TestToken Token(JsonElement view) => new(view.GetProperty("access_token").GetString()!, view.GetProperty("token_id").GetString()!);

    private static async Task<long> NowAsync(TestApp app)
    {
        var time = (StackExchange.Redis.RedisValue[])(await app.Redis.ExecuteAsync("TIME"))!;
        return ((long)time[0] * 1000) + ((long)time[1] / 1000);
    }
}
