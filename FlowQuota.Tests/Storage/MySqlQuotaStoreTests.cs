using FlowQuota.Tests.Servers;
using Xunit;

namespace FlowQuota.Tests.Storage;

[NeedsServer(TestServers.MySqlVariable)]
public sealed class MySqlQuotaStoreTests(MySqlFixture sql) : QuotaStoreSuite(sql), IClassFixture<MySqlFixture>;
