using System.Collections.Concurrent;
using System.Data.Common;
using FlowQuota.Ledger;

namespace FlowQuota.Sql;

/// <summary>Inserts any number of log rows by statements of a few sizes, so that the statements are prepared already.</summary>
/// <param name="dialect">The server.</param>
internal sealed class QuotaLogWriter(SqlDialect dialect)
{
    // Each has thousands of parameters, and making those for every batch costs more than setting them.
    private readonly ConcurrentDictionary<(int Rows, LogColumns Columns), ConcurrentBag<QuotaLogInsertCommand>> _idle = new();

    /// <summary>Inserts the entries, or fills in the rows that are there.</summary>
    /// <returns>How many entries there were.</returns>
    public async Task<int> ExecuteAsync(DbTransaction transaction, ReadOnlyMemory<QuotaLogEntry> entries, CancellationToken cancellationToken)
    {
        int count = entries.Length;
        var columns = Needed(entries.Span);
        foreach (int rows in dialect.PreparedInsertSizes)
        {
            if (entries.Length < rows) continue;

            var idle = _idle.GetOrAdd((rows, columns), static _ => []);
            if (!idle.TryTake(out var insert)) insert = new QuotaLogInsertCommand(dialect, rows, columns);
            bool isDone = false;
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
            using var rest = new QuotaLogInsertCommand(dialect, entries.Length, columns);
            await rest.ExecuteAsync(transaction, entries, prepare: null, cancellationToken);
        }

        return count;
    }

    private static LogColumns Needed(ReadOnlySpan<QuotaLogEntry> entries)
    {
        var needed = LogColumns.Change;
        foreach (var entry in entries)
        {
            if (QuotaLogInsertCommand.Needs(entry) is var columns && columns > needed) needed = columns;
            if (needed == LogColumns.All) break;
        }

        return needed;
    }
}
