using Xunit;

namespace FlowQuota.Tests.Storage;

public sealed class SqliteQuotaLogStoreTests(SqliteFixture sql) : QuotaLogStoreSuite(sql), IClassFixture<SqliteFixture>;
