using BenchmarkDotNet.Attributes;
using FlowQuota.Ledger;
using FlowQuota.Sql;

namespace FlowQuota.Micro;

/// <summary>The audit drain's work on a batch before it is sent: merge, sort, bind the values.</summary>
public class LogBatchBenchmarks
{
    private const int Rows = 500;

    private readonly QuotaLogEntry[] _entries =
        [.. Enumerable.Range(1, Rows).Select(seq => AuditEventFormat.Parse(SampleEvents.Admission(seq)))];

    private readonly MySqlDialect _dialect = new("Server=nowhere;Database=flowquota");
    private readonly QuotaLogInsertCommand _insert;

    /// <summary>Makes the statement; a drain reuses that of the previous batch.</summary>
    public LogBatchBenchmarks() => _insert = new QuotaLogInsertCommand(_dialect, Rows, LogColumns.Change);

    /// <summary>500 events of 500 calls.</summary>
    [Benchmark]
    public int Encode500Entries()
    {
        _insert.Bind(QuotaLogBatch.Of(_entries).Changes.ToArray());
        return Rows;
    }

    /// <summary>Disposes the benchmark's objects.</summary>
    [GlobalCleanup]
    public void CleanUp()
    {
        _insert.Dispose();
        _dialect.Dispose();
    }
}
