using FlowQuota.Tests.Servers;
using Xunit;

namespace FlowQuota.Tests.Storage;

[NeedsServer(TestServers.MySqlVariable)]
public sealed class MySqlQuotaLogStoreTests(MySqlFixture sql) : QuotaLogStoreSuite(sql), IClassFixture<MySqlFixture>;
