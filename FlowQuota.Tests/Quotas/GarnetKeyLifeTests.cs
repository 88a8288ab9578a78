using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Quotas;

public sealed class GarnetKeyLifeTests(EmbeddedStores stores) : KeyLifeSuite(stores), IClassFixture<EmbeddedStores>;
