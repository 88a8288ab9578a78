using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using Xunit;

namespace FlowQuota.Tests.Quotas;

[NeedsServer(TestServers.RedisVariable)]
public sealed class RedisBatchTests(RealStores stores) : BatchSuite(stores), IClassFixture<RealStores>;
