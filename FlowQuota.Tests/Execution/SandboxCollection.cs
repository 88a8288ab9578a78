using Xunit;

namespace FlowQuota.Tests.Execution;

/// <summary>The tests that keep a core busy with code: one class at a time, beside tests that mostly wait.</summary>
[CollectionDefinition(Name)]
public sealed class SandboxCollection
{
    public const string Name = "Sandbox";
}
