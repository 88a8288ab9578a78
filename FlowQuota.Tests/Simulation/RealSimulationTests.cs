using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using Xunit;
using Xunit.Abstractions;

namespace FlowQuota.Tests.Simulation;

[NeedsServer(TestServers.MySqlVariable)]
[Collection(SimulationCollection.Name)]
public sealed class RealSimulationTests(RealStores stores, ITestOutputHelper output)
    : SimulationSuite(stores, output), IClassFixture<RealStores>;
