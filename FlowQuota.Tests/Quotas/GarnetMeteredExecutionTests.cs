using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Quotas;

public sealed class GarnetMeteredExecutionTests(EmbeddedStores stores) : MeteredExecutionSuite(stores), IClassFixture<EmbeddedStores>;
