using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using Xunit;

namespace FlowQuota.Tests.Quotas;

[NeedsServer(TestServers.RedisVariable)]
public sealed class RedisRotationTests(RealStores stores) : RotationSuite(stores), IClassFixture<RealStores>;
