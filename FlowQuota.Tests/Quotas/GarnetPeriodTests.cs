using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Quotas;

public sealed class GarnetPeriodTests(EmbeddedStores stores) : PeriodSuite(stores), IClassFixture<EmbeddedStores>;
