using Xunit;

namespace FlowQuota.Tests.Contract;

/// <summary>The tests that share one app on the embedded stores.</summary>
[CollectionDefinition(Name)]
public sealed class ContractTests : ICollectionFixture<EmbeddedContractApp>
{
    public const string Name = "Contract";
}
