using FlowQuota.Tests.Contract;
using Xunit;

namespace FlowQuota.Tests.Client;

/// <summary>The client over Garnet and SQLite.</summary>
[Collection(ContractTests.Name)]
public sealed class EmbeddedClientTests(EmbeddedContractApp shared) : ClientSuite(shared);
