using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Usage;

public sealed class EmbeddedRefusalTests(EmbeddedStores stores) : RefusalSuite(stores), IClassFixture<EmbeddedStores>;
