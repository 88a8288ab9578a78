using FlowQuota.Tests.Servers;
using Xunit;

namespace FlowQuota.Tests.Storage;

[NeedsServer(TestServers.MySqlVariable)]
public sealed class MySqlTokenStoreTests(MySqlFixture sql) : TokenStoreSuite(sql), IClassFixture<MySqlFixture>;
