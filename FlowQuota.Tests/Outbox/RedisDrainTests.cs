using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using Xunit;

namespace FlowQuota.Tests.Outbox;

[NeedsServer(TestServers.RedisVariable)]
public sealed class RedisDrainTests(RealStores stores) : DrainSuite(stores), IClassFixture<RealStores>;
