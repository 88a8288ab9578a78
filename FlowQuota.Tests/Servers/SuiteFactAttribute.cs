using Xunit;
using Xunit.Sdk;

namespace FlowQuota.Tests.Servers;

/// <summary>A test of an abstract suite; the class that inherits it names the server it needs.</summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer("FlowQuota.Tests.Servers.SuiteFactDiscoverer", "FlowQuota.Tests")]
public sealed class SuiteFactAttribute : FactAttribute;
