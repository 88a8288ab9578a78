using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Contract;

/// <summary>A running app that tests share: each makes tokens of its own and looks at those alone.</summary>
public abstract class ContractApp : IAsyncLifetime
{
    /// <summary>Eight hours ahead of UTC, all year: a time told in the wrong zone shows.</summary>
    public const string TimeZone = "Asia/Shanghai";

    /// <summary>Longest run of code, so that a test of it is not a long one.</summary>
    public const int ExecuteTimeoutMilliseconds = 2000;

    public static readonly TimeSpan UtcOffset = TimeSpan.FromHours(8);

    private TestWorld? _world;

    public TestApp App { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        _world = await CreateWorldAsync();
        App = await _world.StartAppAsync(
            ("FLOW_TIME_ZONE", TimeZone),
            ("EXECUTE_TIMEOUT_MS", $"{ExecuteTimeoutMilliseconds}"));
    }

    public async Task DisposeAsync()
    {
        if (_world is not null)
            await _world.DisposeAsync();
    }

    protected abstract Task<TestWorld> CreateWorldAsync();
}
