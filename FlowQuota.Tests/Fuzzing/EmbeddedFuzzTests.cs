using FlowQuota.Tests.Apps;
using Xunit.Abstractions;

namespace FlowQuota.Tests.Fuzzing;

/// <summary>On Garnet and SQLite.</summary>
public sealed class EmbeddedFuzzTests(ITestOutputHelper output) : FuzzSuite(output)
{
    protected override Task<TestWorld> CreateWorldAsync() => Task.FromResult(TestWorld.Embedded());
}
