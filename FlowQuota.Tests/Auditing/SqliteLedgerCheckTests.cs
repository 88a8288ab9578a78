using FlowQuota.Tests.Storage;
using Xunit;

namespace FlowQuota.Tests.Auditing;

public sealed class SqliteLedgerCheckTests(SqliteFixture sql) : LedgerCheckSuite(sql), IClassFixture<SqliteFixture>;
