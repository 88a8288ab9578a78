using Xunit;

namespace FlowQuota.Tests.Servers;

/// <summary>The tests that use Azurite, one after the other: the queues' names are fixed, so they would take each other's messages.</summary>
[CollectionDefinition(Name)]
public sealed class AzuriteCollection
{
    public const string Name = "Azurite";
}
