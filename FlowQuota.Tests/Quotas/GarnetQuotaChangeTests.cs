using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Quotas;

public sealed class GarnetQuotaChangeTests(EmbeddedStores stores) : QuotaChangeSuite(stores), IClassFixture<EmbeddedStores>;
