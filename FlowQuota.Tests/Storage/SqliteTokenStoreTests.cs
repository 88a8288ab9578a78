using Xunit;

namespace FlowQuota.Tests.Storage;

public sealed class SqliteTokenStoreTests(SqliteFixture sql) : TokenStoreSuite(sql), IClassFixture<SqliteFixture>;
