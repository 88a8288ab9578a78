using FlowQuota.Tests.Servers;
using Xunit;

namespace FlowQuota.Tests.Storage;

[NeedsServer(TestServers.MySqlVariable)]
public sealed class MySqlTokenScanTests(MySqlFixture sql) : TokenScanSuite(sql), IClassFixture<MySqlFixture>;
