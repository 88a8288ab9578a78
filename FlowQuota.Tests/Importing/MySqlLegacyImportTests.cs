using FlowQuota.Tests.Servers;
using FlowQuota.Tests.Storage;

namespace FlowQuota.Tests.Importing;

[NeedsServer(TestServers.MySqlVariable)]
public sealed class MySqlLegacyImportTests() : LegacyImportSuite(new MySqlFixture());
