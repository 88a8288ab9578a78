using FlowQuota.Tests.Contract;
using FlowQuota.Tests.Servers;
using Xunit;

namespace FlowQuota.Tests.Auditing;

/// <summary>In the collection of the tests that ring through Azurite, as the app does.</summary>
[NeedsServer(TestServers.MySqlVariable)]
[Collection(AzuriteCollection.Name)]
public sealed class RealBooksMutationTests(RealContractApp app) : BooksMutationSuite(app), IClassFixture<RealContractApp>;
