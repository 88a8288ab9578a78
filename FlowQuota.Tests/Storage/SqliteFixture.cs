using FlowQuota.Sql;

namespace FlowQuota.Tests.Storage;

public sealed class SqliteFixture : SqlFixture
{
    private readonly string _folder = Directory.CreateTempSubdirectory("flowquota-").FullName;

    protected override Task<SqlDialect> CreateDatabaseAsync() =>
        Task.FromResult<SqlDialect>(new SqliteDialect(Path.Combine(_folder, "flowquota.db")));

    protected override Task DropDatabaseAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return Task.CompletedTask;
    }
}
