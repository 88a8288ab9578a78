using FlowQuota.Tests.Servers;
using FlowQuota.Tests.Storage;

namespace FlowQuota.Tests.Importing;

/// <summary>Into the embedded database; the Go system's is a real one.</summary>
[NeedsServer(TestServers.MySqlVariable)]
public sealed class SqliteLegacyImportTests() : LegacyImportSuite(new SqliteFixture());
