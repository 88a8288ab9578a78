using Xunit.Abstractions;
using Xunit.Sdk;

namespace FlowQuota.Tests.Servers;

/// <summary>A test of a suite, skipped if its class needs a server that is absent on purpose.</summary>
public sealed class SuiteTestCase : XunitTestCase
{
    [Obsolete("For xunit, which makes it and then fills it in.")]
    public SuiteTestCase()
    {
    }

    public SuiteTestCase(IMessageSink diagnostics, TestMethodDisplay display, TestMethodDisplayOptions options, ITestMethod method)
        : base(diagnostics, display, options, method)
    {
    }

    /// <inheritdoc/>
    protected override string GetSkipReason(IAttributeInfo factAttribute) =>
        TestMethod.TestClass.Class.GetCustomAttributes(typeof(NeedsServerAttribute)).FirstOrDefault() is { } needed
        && TestServers.SkipReason(needed.GetNamedArgument<string>(nameof(NeedsServerAttribute.Variable))) is { } reason
            ? reason
            : base.GetSkipReason(factAttribute);
}
