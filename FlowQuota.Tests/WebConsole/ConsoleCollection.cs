using Xunit;

namespace FlowQuota.Tests.WebConsole;

/// <summary>The tests that share a browser and an app.</summary>
[CollectionDefinition(Name)]
public sealed class ConsoleCollection : ICollectionFixture<ConsoleBrowser>
{
    public const string Name = "Console";
}
