using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Quotas;

public sealed class GarnetHalfChangeTests(EmbeddedStores stores) : HalfChangeSuite(stores), IClassFixture<EmbeddedStores>;
