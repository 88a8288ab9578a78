using Xunit;

namespace FlowQuota.Tests.Storage;

public sealed class SqliteSchemaMigratorTests(SqliteFixture sql) : SchemaMigratorSuite(sql), IClassFixture<SqliteFixture>
{
    protected override string Columns => """
        SELECT m.name, c.name FROM sqlite_master AS m, pragma_table_info(m.name) AS c
        WHERE m.type = 'table' AND m.name NOT IN ('flowquota_schema', 'sqlite_sequence')
        """;
}
