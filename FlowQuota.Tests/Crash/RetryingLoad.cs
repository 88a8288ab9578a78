using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Dapper;
using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Crash;

/// <summary>
/// Callers who repeat each request under its key until they know, and who lose some of the answers: calls, runs of code,
/// reservations that are committed, cancelled or forgotten.
/// </summary>
internal sealed class RetryingLoad : IAsyncDisposable
{
    private const int Callers = 6;
    private const int SecondsHeld = 3;
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(50);
    // The key of a run that died is busy for as long as a run may take, a minute here. So code runs only in long rounds.
    private static readonly bool RunsCode = Rounds.Of(few: 0, many: 1) == 1;
    private static readonly string Code = Convert.ToBase64String(Encoding.UTF8.GetBytes("return 1"));

    private readonly ILoadWorld _world;
    private readonly string _run = Guid.NewGuid().ToString("N")[..8];
    private readonly List<TestToken> _tokens = [];
    private readonly ConcurrentQueue<(string Key, int? Status)> _calls = new();
    private readonly ConcurrentQueue<(string Id, int? Consumed)> _reservations = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _callers = Task.CompletedTask;
    private int _keys;
    private int _done;

    private RetryingLoad(ILoadWorld world)
    {
        _world = world;
    }

    public static async Task<RetryingLoad> StartAsync(ILoadWorld world, int seed)
    {
        var load = new RetryingLoad(world);
        foreach (int quota in new[] { 1_000_000, 300 })
        {
            var made = (await world.Apps[0].AdminAsync(HttpMethod.Post, "/flow/tokens",
                new { ws_id = "ws", email = "a@example.com", operation = "unlimited", quota_type = "count", total_quota = quota })).Data;
            load._tokens.Add(new TestToken(made.GetProperty("access_token").GetString()!, made.GetProperty("token_id").GetString()!));
        }

        load._callers = Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(() => load.CallAsync(new Random(seed + caller)))));
        return load;
    }

    /// <summary>Waits until so many more requests are done.</summary>
    public Task GoesOnAsync(int more)
    {
        int goal = Volatile.Read(ref _done) + more;
        return Eventually.TrueAsync(() => Volatile.Read(ref _done) >= goal, seconds: 180);
    }

    /// <summary>Stops the callers, and waits until no reservation is open.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _callers;
        foreach (var token in _tokens)
        {
            await Eventually.TrueAsync(async () =>
                await _world.Apps[0].TryAdminAsync(HttpMethod.Get, $"/flow/tokens/{token.Id}/quota") is { Status: 200 } answer
                && !answer.Data.TryGetProperty("reserved_quota", out _), seconds: 30);
        }
    }

    /// <summary>Checks the rows: each request was charged once, and each reservation ended once. SQL must have everything.</summary>
    public async Task AssertOnceAsync()
    {
        await using var connection = await _world.OpenSqlAsync();
        var refunded = (await connection.QueryAsync<(string Token, string Request)>(
            "SELECT token, request_id FROM token_quota_logs WHERE action = 'refund'")).ToHashSet();
        var charges = (await connection.QueryAsync<(string Token, string Request, string Key)>("""
            SELECT token, request_id, idempotency_key FROM token_quota_logs
            WHERE action = 'consume' AND idempotency_key IS NOT NULL AND reservation_id IS NULL
            """)).Where(row => !refunded.Contains((row.Token, row.Request))).ToLookup(row => row.Key);
        foreach (var (key, status) in _calls)
            Assert.True(charges[key].Count() == (status is 200 or 400 ? 1 : 0), $"{key} was answered {status} and charged {charges[key].Count()} times.");

        var held = (await connection.QueryAsync<(string Id, long Open, int Releases, long Consumed)>("""
            SELECT reservation_id, SUM(CASE WHEN action = 'consume' THEN 0 ELSE quota_change END), SUM(CASE WHEN action = 'release' THEN 1 ELSE 0 END),
                   SUM(CASE WHEN action = 'consume' THEN -quota_change ELSE 0 END)
            FROM token_quota_logs
            WHERE reservation_id IS NOT NULL
            GROUP BY reservation_id
            """)).ToDictionary(row => row.Id);
        Assert.All(held.Values, hold => Assert.Equal((0, 1), (hold.Open, hold.Releases)));
        foreach (var (id, consumed) in _reservations)
        {
            if (consumed is not null)
                Assert.Equal(consumed.Value, held[id].Consumed);
        }

        Assert.Equal(0, await connection.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM quota_reservations WHERE state = 'open'"));
        Assert.NotEmpty(_calls);
        Assert.NotEmpty(_reservations);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _callers;
        _stop.Dispose();
    }

    private async Task CallAsync(Random random)
    {
        while (!_stop.IsCancellationRequested)
        {
            var token = _tokens[random.Next(_tokens.Count)];
            string key = string.Create(CultureInfo.InvariantCulture, $"{_run}-{Interlocked.Increment(ref _keys)}");
            switch (random.Next(10))
            {
                case < 5:
                    _calls.Enqueue((key, (await UntilKnownAsync(random, token, "/flow/consume", new { cost = random.Next(1, 4) }, key))?.Status));
                    break;
                case < 7 when RunsCode:
                    _calls.Enqueue((key, (await UntilKnownAsync(random, token, "/flow/execute", new { code_base64 = Code }, key))?.Status));
                    break;
                default:
                    await ReserveAsync(random, token, key);
                    break;
            }

            Interlocked.Increment(ref _done);
        }
    }

    private async Task ReserveAsync(Random random, TestToken token, string key)
    {
        int amount = random.Next(1, 6);
        if (await UntilKnownAsync(random, token, "/flow/reserve", new { amount, ttl_seconds = SecondsHeld }, key) is not { Status: 200 } made)
            return;
        string id = made.Data.GetProperty("reservation_id").GetString()!;
        string path = $"/flow/reserve/{id}";
        int? consumed = null;
        switch (random.Next(4))
        {
            case 0:
                break;
            case 1:
                if (await UntilKnownAsync(random, token, $"{path}/cancel", null, key) is { Status: 200 })
                    consumed = 0;
                break;
            default:
                var committed = await UntilKnownAsync(random, token, $"{path}/commit", new { amount = random.Next(0, amount + 3) }, key);
                if (committed is { Status: 200 })
                    consumed = committed.Data.GetProperty("consumed").GetInt32();
                break;
        }

        _reservations.Enqueue((id, consumed));
    }

    /// <summary>Repeats a request at either instance until an answer comes that is not lost. Null if the load ended before.</summary>
    private async Task<TestAnswer?> UntilKnownAsync(Random random, TestToken token, string path, object? body, string key)
    {
        while (true)
        {
            var app = _world.Apps[random.Next(_world.Apps.Count)];
            var answer = await app.TryAsync(HttpMethod.Post, path, token.Full, body, idempotencyKey: key);
            bool isLost = random.Next(5) == 0;
            if (answer is { Status: not (503 or 409 or 500) } && !isLost)
                return answer;
            if (answer is { Status: 409 } && answer.ErrorType != "IdempotencyInProgress")
                return answer;
            // A call whose fate is not known at the end would have to be left out of the count, so each is known.
            if (answer is null or { Status: 409 or 503 })
                await Task.Delay(RetryPause, CancellationToken.None);
            Assert.True(answer?.Status != 500, $"{path} met a mistake of ours: {answer?.Body.ToString() ?? ""}");
        }
    }
}
