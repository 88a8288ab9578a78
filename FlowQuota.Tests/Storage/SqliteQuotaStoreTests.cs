using Xunit;

namespace FlowQuota.Tests.Storage;

public sealed class SqliteQuotaStoreTests(SqliteFixture sql) : QuotaStoreSuite(sql), IClassFixture<SqliteFixture>;
