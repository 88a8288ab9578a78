using FlowQuota.Auditing;
using FlowQuota.Storage.Sql;
using FlowQuota.Tokens;

namespace FlowQuota.Importing;

/// <summary>Brings over what the Go system's log tells of some tokens, a batch of rows at a time.</summary>
/// <param name="source">The Go system.</param>
/// <param name="reading">Reads its rows.</param>
/// <param name="cutoff">Rows made before this are left behind.</param>
/// <param name="rowsAtOnce">Most rows held and written at once.</param>
internal sealed class LegacyHistory(LegacyDatabase source, LegacyLogReading reading, DateTime cutoff, int rowsAtOnce)
{
    /// <summary>Brings it over; only counts where there is no session to write in.</summary>
    /// <param name="tokens">By what the Go system calls them.</param>
    /// <param name="session">Writes; null for a dry run.</param>
    /// <param name="report">Counts.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task ImportAsync(
        IReadOnlyDictionary<string, AccessToken> tokens, SqlImportSession? session, LegacyImportReport report, CancellationToken cancellationToken)
    {
        string[] names = [.. tokens.Keys];
        report.ExpiredLogRows += await source.CountLogsBeforeAsync(names, cutoff, cancellationToken);
        List<QuotaLogEntry> batch = new(rowsAtOnce);
        await foreach (var row in source.ReadLogsAsync(names, cutoff, cancellationToken))
        {
            // The server compared by its own rules, to which blanks at the end are nothing.
            var (entry, refusal) = tokens.TryGetValue(row.Token.TrimEnd(), out var token)
                ? reading.Read(row, token)
                : (null, "its token is written in another way than in access_tokens");
            if (entry is null)
            {
                report.Add(ImportFindingKind.Refused, LegacyDatabase.LogTable, row.Id, refusal!);
                continue;
            }

            report.ImportedLogRows++;
            batch.Add(entry);
            if (batch.Count == rowsAtOnce)
                await WriteAsync(batch, session, cancellationToken);
        }

        await WriteAsync(batch, session, cancellationToken);
    }

    private static async Task WriteAsync(List<QuotaLogEntry> batch, SqlImportSession? session, CancellationToken cancellationToken)
    {
        if (session is not null && batch.Count > 0)
            await session.WriteHistoryAsync(batch, cancellationToken);
        batch.Clear();
    }
}
