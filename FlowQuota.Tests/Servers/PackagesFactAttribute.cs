using Xunit;

namespace FlowQuota.Tests.Servers;

/// <summary>A test of packages from npm; see <see cref="InstalledPackages.SkipReason"/>.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PackagesFactAttribute : FactAttribute
{
    /// <inheritdoc/>
    public override string Skip
    {
        get => base.Skip ?? InstalledPackages.SkipReason!;
        set => base.Skip = value;
    }
}
