using Xunit;

namespace FlowQuota.Tests.Storage;

public sealed class SqliteSchemaMigratorTests(SqliteFixture sql) : SchemaMigratorSuite(sql), IClassFixture<SqliteFixture>;
