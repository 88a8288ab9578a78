using Xunit;

namespace FlowQuota.Tests.Servers;

/// <summary>A test that needs real servers; see <see cref="TestServers.SkipReason"/>.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ServerFactAttribute : FactAttribute
{
    public bool MySql { get; set; }

    public bool Redis { get; set; }

    public bool Azurite { get; set; }

    /// <summary>True if it drives a browser.</summary>
    public bool Chromium { get; set; }

    /// <inheritdoc/>
    public override string Skip
    {
        get => base.Skip
            ?? (MySql ? TestServers.SkipReason(TestServers.MySqlVariable) : null)
            ?? (Redis ? TestServers.SkipReason(TestServers.RedisVariable) : null)
            ?? (Azurite ? TestServers.SkipReason(TestServers.AzuriteVariable) : null)
            ?? (Chromium ? TestServers.SkipReason(TestServers.ChromiumVariable) : null)!;
        set => base.Skip = value;
    }
}
