using FlowQuota.Periods;
using FlowQuota.Redis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using StackExchange.Redis;

namespace FlowQuota.Tests.Simulation;

/// <summary>
/// The time of a simulation, for the scripts in Redis and for the instances. It stands still until it is set. Timeouts go by
/// the real time, so it must lie before that: a script would find the deadline of each call past.
/// </summary>
internal sealed class SimulatedTime(DateTime start) : TimeProvider
{
    private const string Key = "simulated:now";

    public DateTime Now { get; private set; } = start;

    public override DateTimeOffset GetUtcNow() => new(Now, TimeSpan.Zero);

    public Task SetAsync(IDatabase redis, DateTime now)
    {
        Now = now;
        return WriteAsync(redis);
    }

    /// <summary>Puts the time where the scripts read it.</summary>
    public Task WriteAsync(IDatabase redis) => redis.StringSetAsync(Key, UnixTime.Of(Now));

    /// <summary>Gives an instance this time.</summary>
    public void Replace(IServiceCollection services) => services
        .Replace(ServiceDescriptor.Singleton<TimeProvider>(this))
        .AddSingleton(new ScriptClock(Key));
}
