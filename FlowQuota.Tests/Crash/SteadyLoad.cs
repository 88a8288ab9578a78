using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using FlowQuota.Tests.Apps;

namespace FlowQuota.Tests.Crash;

/// <summary>
/// Callers and an admin that continue whatever fails: executes and consumes over several tokens on both instances, with
/// recharges, disables and deletes between, drawn from one seed. Every response is recorded.
/// </summary>
public sealed class SteadyLoad : IAsyncDisposable
{
    private const int AccessTokenAuthentication = 8;
    // Changes that wait for SQL each hold a connection of their instance.
    private const int MostRepeated = 8;
    private const int MostRepeats = 100;
    private static readonly TimeSpan DefaultPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan RepeatPause = TimeSpan.FromMilliseconds(500);
    private static readonly string[] Codes = ["return 1", "return input", "throw new Error('on purpose')", "return [1, 2].map(x => x * 2)"];

    private readonly ILoadWorld _world;
    private readonly string _run = Guid.NewGuid().ToString("N")[..8];
    private readonly ConcurrentQueue<LoadCall> _calls = new();
    private readonly ConcurrentQueue<string> _violations = new();
    private readonly ConcurrentQueue<Task> _repeated = new();
    private readonly TimeSpan _pause;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<TestToken> _tokens = [];
    private Task _callers = Task.CompletedTask;
    private int _requests;
    private int _admitted;

    private SteadyLoad(ILoadWorld world, TimeSpan pause)
    {
        (_world, _pause) = (world, pause);
        Seed = Rounds.NextSeed();
    }

    public int Seed { get; }

    public IReadOnlyCollection<LoadCall> Calls => _calls;

    /// <summary>A violation that a caller saw: a call admitted after its token was disabled or deleted.</summary>
    public IReadOnlyCollection<string> Violations => _violations;

    /// <summary>A token with more calls than any test makes, whose quota is not changed.</summary>
    public TestToken Plenty => _tokens[0];

    /// <summary>The tokens that were asked for by their fields.</summary>
    public IReadOnlyList<TestToken> Asked { get; private set; } = [];

    /// <summary>Makes the tokens and starts the callers.</summary>
    /// <param name="world">The instances.</param>
    /// <param name="moreTokens">Tokens beside those of every load.</param>
    /// <param name="pause">How long a caller waits between two calls; null = 10 ms.</param>
    /// <param name="asked">The fields of further tokens; null = none.</param>
    public static async Task<SteadyLoad> StartAsync(
        ILoadWorld world, int moreTokens = 0, TimeSpan? pause = null, IReadOnlyList<object>? asked = null)
    {
        asked ??= [];
        var load = new SteadyLoad(world, pause ?? DefaultPause);
        foreach (object fields in new object[]
        {
            Count(1_000_000), Count(40), Count(200), Count(1_000),
            new { ws_id = "ws", email = "a@example.com", operation = "add", days = 30, quota_type = "hybrid", total_quota = 500 },
            new { ws_id = "ws", email = "a@example.com", operation = "unlimited" },
        }.Concat(Enumerable.Repeat(Count(100), moreTokens)).Concat(asked))
        {
            load._tokens.Add(await load.CreateAsync(world.Apps[0], fields) ?? throw new InvalidOperationException("A token could not be created."));
        }

        load.Asked = load._tokens[^asked.Count..];
        load._callers = Task.WhenAll(Enumerable.Range(0, AccessTokenAuthentication).Select(caller => Task.Run(() => load.CallAsync(new Random(load.Seed + caller)))));
        return load;
    }

    /// <summary>How many requests have begun.</summary>
    public int Begun => Volatile.Read(ref _requests);

    /// <summary>Whether a call was one of the first requests.</summary>
    /// <param name="call">A call of this load.</param>
    /// <param name="begun">How many there are, as <see cref="Begun"/> said.</param>
    public bool IsAmong(LoadCall call, int begun) => int.Parse(call.RequestId.AsSpan(_run.Length + 1), CultureInfo.InvariantCulture) <= begun;

    /// <summary>Waits until so many more calls were admitted.</summary>
    public Task GoesOnAsync(int more = 150)
    {
        int goal = Volatile.Read(ref _admitted) + more;
        return Eventually.TrueAsync(() => Volatile.Read(ref _admitted) >= goal, seconds: 60);
    }

    /// <summary>Waits until a caller gets a 503, or no response at all.</summary>
    public Task IsRefusedAsync()
    {
        int seen = _calls.Count;
        return Eventually.TrueAsync(() => _calls.Skip(seen).Any(call => call.Status is 503 or null), seconds: 30);
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _callers;
        await Task.WhenAll(_repeated);
    }

    /// <summary>One call outside the load, recorded like the others.</summary>
    public async Task<TestAnswer?> CallAsync(SelfHostProcess app, TestToken token, string? code = null, int cost = 1)
    {
        string requestId = $"{_run}-{Interlocked.Increment(ref _requests)}";
        var answer = code is null
            ? await app.TryAsync(HttpMethod.Post, "/flow/consume", token.Full, new { cost }, requestId)
            : await app.TryAsync(HttpMethod.Post, "/flow/execute", token.Full,
                new { code_base64 = Convert.ToBase64String(Encoding.UTF8.GetBytes(code)), input = new { } }, requestId);
        _calls.Enqueue(new LoadCall(token.Id, requestId, code is null ? "consume" : "execute", code is null ? cost : 1, answer?.Status));
        if (answer is { Status: 200 })
            Interlocked.Increment(ref _admitted);
        // Connections that are refused at once would take the processor from an instance that starts.
        if (answer is null)
            await Task.Delay(DefaultPause, CancellationToken.None);
        return answer;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private async Task CallAsync(Random random)
    {
        while (!_stop.IsCancellationRequested)
        {
            var app = _world.Apps[random.Next(_world.Apps.Count)];
            var token = _tokens[random.Next(_tokens.Count)];
            switch (random.Next(100))
            {
                case < 65:
                    await CallAsync(app, token, cost: random.Next(1, 4));
                    break;
                case < 93:
                    await CallAsync(app, token, Codes[random.Next(Codes.Length)]);
                    break;
                case < 97:
                    if (_repeated.Count(change => !change.IsCompleted) >= MostRepeated)
                        break;
                    // Beside the calls, which must continue even if changes cannot.
                    _repeated.Enqueue(ChangeAsync(app, _tokens[random.Next(1, _tokens.Count)], random.Next(3) switch
                    {
                        0 => new { quota_operation = "add", quota_amount = random.Next(1, 60) },
                        1 => new { quota_operation = "set", quota_amount = random.Next(0, 80) },
                        _ => new { quota_operation = "reset", quota_amount = random.Next(1, 100) },
                    }, isRepeated: true));
                    break;
                case < 99:
                    await DisableAndEnableAsync(app);
                    break;
                default:
                    if (_repeated.Count(change => !change.IsCompleted) < MostRepeated)
                        _repeated.Enqueue(DeleteAsync(app, random.Next(4)));
                    break;
            }

            await Task.Delay(_pause, CancellationToken.None);
        }
    }

    /// <param name="app">The instance that gets the change first.</param>
    /// <param name="token">The token.</param>
    /// <param name="change">The body.</param>
    /// <param name="isRepeated">
    /// True if the first response is discarded as if it had been lost, and the change is repeated under its id, at either
    /// instance, until one returns something other than 503.
    /// </param>
    private async Task<TestAnswer?> ChangeAsync(SelfHostProcess app, TestToken token, object change, bool isRepeated = false)
    {
        string requestId = $"{_run}-{Interlocked.Increment(ref _requests)}";
        var answer = await app.TryAdminAsync(HttpMethod.Put, $"/flow/tokens/{token.Id}", change, requestId);
        for (int time = 1; isRepeated && (time == 1 || (answer is null or { Status: 503 } && !_stop.IsCancellationRequested)); time++)
        {
            if (time > 1)
                await Task.Delay(RepeatPause, CancellationToken.None);
            answer = await _world.Apps[time % _world.Apps.Count].TryAdminAsync(HttpMethod.Put, $"/flow/tokens/{token.Id}", change, requestId);
        }

        bool isOfQuota = change.GetType().GetProperty("quota_operation") is not null;
        _calls.Enqueue(new LoadCall(token.Id, requestId, isOfQuota ? "change" : "terms", 0, answer?.Status));
        return answer;
    }

    private async Task DisableAndEnableAsync(SelfHostProcess app)
    {
        // A token of its own: the others' callers would enable it in between.
        if (await CreateAsync(app, Count(5)) is not { } own)
            return;
        await CallAsync(app, own);
        if (await ChangeAsync(app, own, new { is_active = false }) is { Status: 200 })
        {
            foreach (var other in _world.Apps)
                await RefusedAsync(other, own, "disabled");
            await ChangeAsync(app, own, new { is_active = true });
            await CallAsync(app, own);
        }
    }

    private async Task DeleteAsync(SelfHostProcess app, int calls)
    {
        if (await CreateAsync(app, Count(5)) is not { } own)
            return;
        for (; calls > 0; calls--)
            await CallAsync(app, own);
        // SQL may have deleted it and Redis not; the deletion is complete when a repeat is answered.
        string requestId = $"{_run}-{Interlocked.Increment(ref _requests)}";
        TestAnswer? answer = null;
        for (int time = 0; time < MostRepeats && (answer is null or { Status: 503 }); time++)
        {
            if (time > 0)
                await Task.Delay(RepeatPause, CancellationToken.None);
            answer = await _world.Apps[time % _world.Apps.Count].TryAdminAsync(HttpMethod.Delete, $"/flow/tokens/{own.Id}", requestId: requestId);
        }

        if (answer is { Status: 200 })
        {
            foreach (var other in _world.Apps)
                await RefusedAsync(other, own, "deleted");
        }
    }

    private async Task RefusedAsync(SelfHostProcess app, TestToken token, string because)
    {
        if (await CallAsync(app, token) is { Status: 200 })
            _violations.Enqueue($"A call of {token.Id} was admitted after it was {because}.");
    }

    private async Task<TestToken?> CreateAsync(SelfHostProcess app, object fields) =>
        await app.TryAdminAsync(HttpMethod.Post, "/flow/tokens", fields) is { Status: 200 } answer
            ? new TestToken(answer.Data.GetProperty("access_token").GetString()!, answer.Data.GetProperty("token_id").GetString()!)
            : null;

    private static object Count(int quota) =>
        new { ws_id = "ws", email = "a@example.com", operation = "unlimited", quota_type = "count", total_quota = quota };
}
