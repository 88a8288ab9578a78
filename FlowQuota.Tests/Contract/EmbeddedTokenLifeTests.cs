using Xunit;

namespace FlowQuota.Tests.Contract;

/// <summary>The lifecycle of a token on Garnet and SQLite.</summary>
[Collection(ContractTests.Name)]
public sealed class EmbeddedTokenLifeTests(EmbeddedContractApp shared) : TokenLifeSuite(shared);
