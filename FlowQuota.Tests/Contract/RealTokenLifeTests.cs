using FlowQuota.Tests.Servers;
using Xunit;

namespace FlowQuota.Tests.Contract;

/// <summary>The lifecycle of a token on Redis, MySQL or MariaDB, and Azurite.</summary>
[Collection(AzuriteCollection.Name)]
[NeedsServer(TestServers.RedisVariable)]
public sealed class RealTokenLifeTests(RealContractApp shared) : TokenLifeSuite(shared), IClassFixture<RealContractApp>;
