namespace FlowQuota.Tests.Servers;

/// <summary>On a class that inherits a suite: the server that its <see cref="SuiteFactAttribute"/> tests need.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class NeedsServerAttribute(string variable) : Attribute
{
    /// <summary>One of the names in <see cref="TestServers"/>.</summary>
    public string Variable { get; } = variable;
}
