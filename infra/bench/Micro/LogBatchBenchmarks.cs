using BenchmarkDotNet.Attributes;
using FlowQuota.Auditing;
using FlowQuota.Storage.Sql;

namespace FlowQuota.Micro;

/// <summary>What the audit drain does to a batch before it is on the wire: merge, sort, bind the values.</summary>
public class LogBatchBenchmarks
{
    private const int Rows = 500;

    private readonly QuotaLogEntry[] _entries =
        [.. Enumerable.Range(1, Rows).Select(seq => AuditEventFormat.Parse(SampleEvents.Admission(seq)))];

    private readonly MySqlDialect _dialect = new("Server=nowhere;Database=flowquota");
    private readonly QuotaLogInsert _insert;

    /// <summary>Makes the statement, as a drain has it from the batch before.</summary>
    public LogBatchBenchmarks() => _insert = new QuotaLogInsert(_dialect, Rows, hasAllColumns: false);

    /// <summary>500 entries of 500 calls.</summary>
    [Benchmark]
    public int Encode500Entries()
    {
        _insert.Bind(QuotaLogBatch.Of(_entries).Changes.ToArray());
        return Rows;
    }

    /// <summary>Ends what the benchmark owns.</summary>
    [GlobalCleanup]
    public void CleanUp()
    {
        _insert.Dispose();
        _dialect.Dispose();
    }
}
