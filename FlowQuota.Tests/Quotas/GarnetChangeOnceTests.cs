using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Quotas;

public sealed class GarnetChangeOnceTests(EmbeddedStores stores) : ChangeOnceSuite(stores), IClassFixture<EmbeddedStores>;
