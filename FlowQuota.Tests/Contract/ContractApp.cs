using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Contract;

/// <summary>A running app that tests share: each makes tokens of its own and checks only those.</summary>
public abstract class ContractApp : IAsyncLifetime
{
    /// <summary>Eight hours ahead of UTC, all year, so that a time in the wrong zone is noticed.</summary>
    public const string TimeZone = "Asia/Shanghai";

    /// <summary>Longest run of code, so that a test of it is not a long one.</summary>
    public const int ExecuteTimeoutMilliseconds = 2000;

    public static readonly TimeSpan UtcOffset = TimeSpan.FromHours(8);

    private TestWorld? _world;

    public TestApp App { get; private set; } = null!;

    /// <summary>Starts an app in <see cref="TimeZone"/> and warms it up: a first call may be so slow on a busy machine that it is a 503.</summary>
    public static async Task<TestApp> StartAsync(TestWorld world, params (string Name, string Value)[] settings)
    {
        var app = await world.StartAppAsync([
            // Tests roll up themselves.
            ("FLOW_TIME_ZONE", TimeZone), ("USAGE_ROLLUP_SCHEDULE", "0 0 0 29 2 *"), .. settings,
        ]);
        var token = await app.CreateTokenAsync(TokenBody.With("""{"total_quota":1000}"""));
        await Eventually.TrueAsync(async () => (await app.ConsumeAsync(token)).Status == 200);
        await Eventually.TrueAsync(async () => (await app.ExecuteAsync(token, "return 1")).Status == 200);
        await app.DrainAsync();
        await app.AdminAsync(HttpMethod.Delete, $"/flow/tokens/{token.Id}");
        return app;
    }

    public async Task InitializeAsync()
    {
        _world = await CreateWorldAsync();
        App = await StartAsync(_world, ("EXECUTE_TIMEOUT_MS", $"{ExecuteTimeoutMilliseconds}"));
    }

    public async Task DisposeAsync()
    {
        if (_world is not null)
            await _world.DisposeAsync();
    }

    protected abstract Task<TestWorld> CreateWorldAsync();
}
