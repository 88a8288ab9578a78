using System.Collections.Concurrent;
using System.Data.Common;
using FlowQuota.Auditing;

namespace FlowQuota.Storage.Sql;

/// <summary>Inserts any number of log rows by statements of a few sizes, so that a connection finds them prepared.</summary>
/// <param name="dialect">The server.</param>
internal sealed class QuotaLogInserts(SqlDialect dialect)
{
    // Thousands of parameters each: making them for every batch costs more than setting them.
    private readonly ConcurrentDictionary<(int Rows, bool HasAllColumns), ConcurrentBag<QuotaLogInsert>> _idle = new();

    /// <summary>Inserts the entries, or fills in the rows that are there.</summary>
    /// <returns>How many entries there were.</returns>
    public async Task<int> ExecuteAsync(DbTransaction transaction, ReadOnlyMemory<QuotaLogEntry> entries, CancellationToken cancellationToken)
    {
        var count = entries.Length;
        // Metered calls have no outcome and no total, and four columns of fifteen that are null in every row cost what others do.
        var hasAllColumns = NeedAllColumns(entries.Span);
        foreach (var rows in dialect.PreparedInsertSizes)
        {
            if (entries.Length < rows) continue;

            var idle = _idle.GetOrAdd((rows, hasAllColumns), static _ => []);
            if (!idle.TryTake(out var insert)) insert = new QuotaLogInsert(dialect, rows, hasAllColumns);
            var isDone = false;
            try
            {
                for (; entries.Length >= rows; entries = entries[rows..])
                    await insert.ExecuteAsync(transaction, entries[..rows], dialect.PrepareAsync, cancellationToken);
                insert.Detach();
                isDone = true;
            }
            finally
            {
                if (!isDone) insert.Dispose();
            }

            idle.Add(insert);
        }

        if (entries.Length > 0)
        {
            using var rest = new QuotaLogInsert(dialect, entries.Length, hasAllColumns);
            await rest.ExecuteAsync(transaction, entries, prepare: null, cancellationToken);
        }

        return count;
    }

    private static bool NeedAllColumns(ReadOnlySpan<QuotaLogEntry> entries)
    {
        foreach (var entry in entries)
            if (QuotaLogInsert.NeedsAllColumns(entry)) return true;
        return false;
    }
}
