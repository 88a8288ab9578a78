using Xunit;

namespace FlowQuota.Tests.Contract;

/// <summary>The tests that ring through Azurite, one class after the other: the names of the queues are fixed.</summary>
[CollectionDefinition(Name)]
public sealed class AzuriteTests
{
    public const string Name = "Azurite";
}
