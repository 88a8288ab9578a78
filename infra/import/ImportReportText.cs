using System.Globalization;

namespace FlowQuota.Import;

/// <summary>Writes the report of an import for people: figures, then the rows that were not imported unchanged.</summary>
internal static class ImportReportText
{
    public static async Task WriteAsync(TextWriter output, LegacyImportReport report, LegacyImportSettings settings, TimeSpan took)
    {
        string verb = report.IsApplied ? "imported" : "to import";
        string[] lines =
        [
            $"The Go system has {N(report.Tokens)} tokens and {N(report.LogRows)} log rows; its times are read as {settings.TimeZone.Id}.",
            "",
            $"tokens    {verb,-34} {N(report.ImportedTokens),12}",
            $"            of them disabled                 {N(report.DisabledTokens),12}",
            $"            of them past their end           {N(report.ExpiredTokens),12}",
            $"          here already, left alone           {N(report.TokensHere),12}",
            $"          deleted here since, left deleted   {N(report.TokensDeletedHere),12}",
            $"          refused                            {N(report.RefusedTokens),12}",
            $"log rows  {verb,-34} {N(report.ImportedLogRows),12}",
            $"          older than {$"{settings.RetentionDays} days, left behind",-23} {N(report.ExpiredLogRows),12}",
            $"          refused                            {N(report.RefusedLogRows),12}",
            $"          of tokens not imported now         {N(report.OtherLogRows),12}",
            $"values made to fit                           {N(report.Adjustments),12}",
            $"imported before, and used there since        {N(report.MovedTokens),12}",
            "",
        ];
        foreach (string line in lines)
            await output.WriteLineAsync(line);
        await WriteFindingsAsync(output, report);
        if (!report.LogIsIndexed)
            await output.WriteLineAsync("The Go system's token_quota_logs has no index on token: every page of tokens looks at all its rows.");
        if (!settings.AcceptsLegacyTokens)
            await output.WriteLineAsync("LEGACY_TOKENS is not true here: an app without it answers these tokens with 401.");
        await output.WriteLineAsync(report.IsApplied
            ? string.Create(CultureInfo.InvariantCulture, $"Imported in {took.TotalSeconds:0.0} s. A further run changes nothing of what is here.")
            : string.Create(CultureInfo.InvariantCulture, $"Dry run of {took.TotalSeconds:0.0} s: nothing was written. To import, add --apply."));
    }

    /// <summary>Says how far an import was when it was stopped.</summary>
    /// <param name="report">What was done by then; null if it had not begun.</param>
    /// <param name="isApplied">False for a dry run.</param>
    public static string Stopped(LegacyImportReport? report, bool isApplied)
    {
        if (!isApplied)
            return "Stopped: nothing was written.";
        return report is null
            ? "Stopped before the first token; run it again to begin."
            : $"Stopped: {N(report.ReadTokens)} of {N(report.Tokens)} tokens are done, of which this run imported {N(report.ImportedTokens)}, each with all its log rows. Run it again to go on.";
    }

    private static async Task WriteFindingsAsync(TextWriter output, LegacyImportReport report)
    {
        foreach (var group in report.Findings.GroupBy(finding => finding.Kind).OrderBy(group => group.Key))
        {
            await output.WriteLineAsync(group.Key switch
            {
                ImportFindingKind.Refused => "Refused:",
                ImportFindingKind.Adjusted => "Made to fit:",
                ImportFindingKind.Moved => "Imported before, and used there since (nothing was changed here):",
            });
            foreach (var finding in group)
                await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"  {finding.Table}.id {finding.RowId}: {finding.Reason}"));
        }

        long untold = report.RefusedTokens + report.RefusedLogRows + report.Adjustments + report.MovedTokens - report.Findings.Count;
        if (untold > 0)
            await output.WriteLineAsync($"  and {N(untold)} more.");
        if (report.Findings.Count > 0)
            await output.WriteLineAsync();
    }

    private static string N(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
