using Xunit;

namespace FlowQuota.Tests.Servers;

/// <summary>A test of the built FlowQuota.Functions; see <see cref="FunctionsOutput.SkipReason"/>.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FunctionsFactAttribute : FactAttribute
{
    /// <summary>True if it needs Redis, MySQL and Azurite beside it.</summary>
    public bool Servers { get; set; }

    /// <inheritdoc/>
    public override string Skip
    {
        get => base.Skip
            ?? FunctionsOutput.SkipReason
            ?? (Servers ? new ServerFactAttribute { Redis = true, MySql = true, Azurite = true }.Skip : null)!;
        set => base.Skip = value;
    }
}
