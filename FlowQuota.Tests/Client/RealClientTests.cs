using FlowQuota.Tests.Servers;
using Xunit;

namespace FlowQuota.Tests.Client;

/// <summary>The client over Redis and MySQL or MariaDB.</summary>
[NeedsServer(TestServers.RedisVariable)]
public sealed class RealClientTests(RealClientApp shared) : ClientSuite(shared), IClassFixture<RealClientApp>;
