using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Quotas;

public sealed class GarnetPeriodFaultTests(EmbeddedStores stores) : PeriodFaultSuite(stores), IClassFixture<EmbeddedStores>;
