using FlowQuota.Tests.Apps;

namespace FlowQuota.Tests.Fuzzing;

/// <summary>On Garnet and SQLite.</summary>
public sealed class EmbeddedInjectionTests : InjectionSuite
{
    protected override Task<TestWorld> CreateWorldAsync() => Task.FromResult(TestWorld.Embedded());
}
