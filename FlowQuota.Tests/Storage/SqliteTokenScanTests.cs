using Xunit;

namespace FlowQuota.Tests.Storage;

public sealed class SqliteTokenScanTests(SqliteFixture sql) : TokenScanSuite(sql), IClassFixture<SqliteFixture>;
