using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Quotas;

public sealed class GarnetBatchTests(EmbeddedStores stores) : BatchSuite(stores), IClassFixture<EmbeddedStores>;
