using System.Data.Common;
using FlowQuota.Sql;

namespace FlowQuota.Tests.Crash;

/// <summary>Instances of FlowQuota under load, and access to their stores afterwards.</summary>
public interface ILoadWorld
{
    IReadOnlyList<SelfHostProcess> Apps { get; }

    /// <summary>How many quotas and audit events wait for SQL.</summary>
    Task<long> WaitingAsync();

    Task<DbConnection> OpenSqlAsync();

    /// <summary>The SQL server, for code of the app that runs in the test; the caller disposes it.</summary>
    SqlDialect OpenDialect();
}
