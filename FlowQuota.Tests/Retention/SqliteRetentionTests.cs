using FlowQuota.Tests.Storage;

namespace FlowQuota.Tests.Retention;

public sealed class SqliteRetentionTests() : RetentionSuite(new SqliteFixture());
