using BenchmarkDotNet.Attributes;
using Dapper;
using FlowQuota.Auditing;
using FlowQuota.Storage.Sql;
using MySqlConnector;

namespace FlowQuota.Micro;

/// <summary>What the audit drain does to a batch before it is on the wire: merge, sort, build the statement and its values.</summary>
public class LogBatchBenchmarks
{
    private const int Rows = 500;

    private readonly QuotaLogEntry[] _entries =
        [.. Enumerable.Range(1, Rows).Select(seq => AuditEventFormat.Parse(SampleEvents.Admission(seq)))];

    private readonly MySqlDialect _dialect = new("Server=nowhere;Database=flowquota");

    /// <summary>500 entries of 500 calls.</summary>
    [Benchmark]
    public int Encode500Entries()
    {
        var insert = new QuotaLogInsert(_dialect, QuotaLogBatch.Of(_entries).Changes);
        using var command = new MySqlCommand(insert.Text());
        ((SqlMapper.IDynamicParameters)insert).AddParameters(command, null!);
        return command.Parameters.Count;
    }

    /// <summary>Ends what the benchmark owns.</summary>
    [GlobalCleanup]
    public void CleanUp() => _dialect.Dispose();
}
