using FlowQuota.Usage;
using Microsoft.Extensions.Time.Testing;

namespace FlowQuota.Tests.Usage;

/// <summary>A store at which another instance is always at work; asking it takes as long as a test wants.</summary>
internal sealed class SlowRollupStore(FakeTimeProvider time) : IUsageRollupStore
{
    /// <summary>How long asking takes.</summary>
    public TimeSpan Takes { get; set; }

    /// <summary>How often it was asked.</summary>
    public int Asked { get; private set; }

    public Task<IUsageRollupSession?> TryBeginAsync(CancellationToken cancellationToken)
    {
        Asked++;
        time.Advance(Takes);
        return Task.FromResult<IUsageRollupSession?>(null);
    }
}
