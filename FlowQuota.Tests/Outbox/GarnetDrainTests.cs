using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Outbox;

public sealed class GarnetDrainTests(EmbeddedStores stores) : DrainSuite(stores), IClassFixture<EmbeddedStores>;
