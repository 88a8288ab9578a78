using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Quotas;

public sealed class GarnetColdLoadTests(EmbeddedStores stores) : ColdLoadSuite(stores), IClassFixture<EmbeddedStores>;
