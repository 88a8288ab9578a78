using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using Xunit;

namespace FlowQuota.Tests.Usage;

[NeedsServer(TestServers.MySqlVariable)]
public sealed class RealRefusalTests(RealStores stores) : RefusalSuite(stores), IClassFixture<RealStores>;
