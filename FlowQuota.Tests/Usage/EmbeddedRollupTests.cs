using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Usage;

public sealed class EmbeddedRollupTests(EmbeddedStores stores) : RollupSuite(stores), IClassFixture<EmbeddedStores>;
