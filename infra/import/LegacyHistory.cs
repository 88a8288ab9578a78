using FlowQuota.Ledger;
using FlowQuota.Tokens;

namespace FlowQuota.Import;

/// <summary>Imports the log rows of some tokens from the Go system, a batch at a time.</summary>
/// <param name="source">The Go system.</param>
/// <param name="reading">Reads its rows.</param>
/// <param name="cutoff">Rows made before this are not imported.</param>
/// <param name="rowsAtOnce">Most rows held and written at once.</param>
/// <param name="progress">Notified after each batch; null = nobody is.</param>
internal sealed class LegacyHistory(
    LegacyDatabase source, LegacyLogReading reading, DateTime cutoff, int rowsAtOnce, IProgress<LegacyImportReport>? progress)
{
    /// <summary>Imports them; only counts if there is no session to write in.</summary>
    /// <param name="tokens">The tokens by the Go system's names.</param>
    /// <param name="session">Writes; null for a dry run.</param>
    /// <param name="report">Counts.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    public async Task ImportAsync(
        IReadOnlyDictionary<string, AccessToken> tokens, SqlImportSession? session, LegacyImportReport report, CancellationToken cancellationToken)
    {
        string[] names = [.. tokens.Keys];
        report.ExpiredLogRows += await source.CountLogsBeforeAsync(names, cutoff, cancellationToken);
        List<QuotaLogEntry> batch = new(rowsAtOnce);
        await foreach (var row in source.ReadLogsAsync(names, cutoff, cancellationToken))
        {
            // The server compared by its own rules, which ignore blanks at the end.
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
            {
                await WriteAsync(batch, session, cancellationToken);
                progress?.Report(report);
            }
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
