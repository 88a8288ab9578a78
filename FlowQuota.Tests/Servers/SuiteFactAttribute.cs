using Xunit;
using Xunit.Sdk;

namespace FlowQuota.Tests.Servers;

/// <summary>A test of an abstract suite: which server it needs is said by the class that inherits it.</summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer("FlowQuota.Tests.Servers.SuiteFactDiscoverer", "FlowQuota.Tests")]
public sealed class SuiteFactAttribute : FactAttribute;
