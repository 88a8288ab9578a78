using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Quotas;

public sealed class GarnetRateLimitTests(EmbeddedStores stores) : RateLimitSuite(stores), IClassFixture<EmbeddedStores>;
