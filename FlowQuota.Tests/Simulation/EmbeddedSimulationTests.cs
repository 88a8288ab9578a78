using FlowQuota.Tests.Apps;
using Xunit;
using Xunit.Abstractions;

namespace FlowQuota.Tests.Simulation;

[Collection(SimulationCollection.Name)]
public sealed class EmbeddedSimulationTests(EmbeddedStores stores, ITestOutputHelper output)
    : SimulationSuite(stores, output), IClassFixture<EmbeddedStores>;
