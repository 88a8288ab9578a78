namespace FlowQuota.Import;

/// <summary>The result of an import or of a dry run.</summary>
public sealed class LegacyImportReport
{
    /// <summary>Most findings that are listed; all are counted.</summary>
    public const int MostFindings = 1000;

    private readonly List<ImportFinding> _findings = [];
    private readonly Dictionary<(ImportFindingKind Kind, string Table), long> _counts = [];

    internal LegacyImportReport(bool isApplied) => IsApplied = isApplied;

    /// <summary>False for a dry run, which writes nothing.</summary>
    public bool IsApplied { get; }

    /// <summary>Rows of the Go system's <c>access_tokens</c>.</summary>
    public long Tokens { get; internal set; }

    /// <summary>How many of them were looked at so far.</summary>
    public long ReadTokens { get; internal set; }

    /// <summary>Tokens that were imported, or would be.</summary>
    public long ImportedTokens { get; internal set; }

    /// <summary>Of the imported ones, those that are disabled.</summary>
    public long DisabledTokens { get; internal set; }

    /// <summary>Of the imported ones, those that are past their end.</summary>
    public long ExpiredTokens { get; internal set; }

    /// <summary>Tokens that are here already; nothing of theirs is touched.</summary>
    public long TokensHere { get; internal set; }

    /// <summary>Tokens that were imported before and have been deleted here since; they stay deleted.</summary>
    public long TokensDeletedHere { get; internal set; }

    /// <summary>Rows of the Go system's <c>token_quota_logs</c>.</summary>
    public long LogRows { get; internal set; }

    /// <summary>Log rows that were imported, or would be.</summary>
    public long ImportedLogRows { get; internal set; }

    /// <summary>Log rows of imported tokens that are older than the retention, and are not imported.</summary>
    public long ExpiredLogRows { get; internal set; }

    /// <summary>How many log rows were looked at so far.</summary>
    public long ReadLogRows => ImportedLogRows + ExpiredLogRows + RefusedLogRows;

    /// <summary>Log rows of tokens that are not imported now: here already, refused, or gone from the Go system.</summary>
    public long OtherLogRows => LogRows - ReadLogRows;

    /// <summary>False if finding a token's log rows in the Go system means reading all of them.</summary>
    public bool LogIsIndexed { get; internal set; } = true;

    /// <summary>The first <see cref="MostFindings"/> findings.</summary>
    public IReadOnlyList<ImportFinding> Findings => _findings;

    /// <summary>How many rows of the Go system's <c>access_tokens</c> were refused.</summary>
    public long RefusedTokens => Count(ImportFindingKind.Refused, LegacyDatabase.TokenTable);

    /// <summary>How many log rows of imported tokens were refused.</summary>
    public long RefusedLogRows => Count(ImportFindingKind.Refused, LegacyDatabase.LogTable);

    /// <summary>How many values were adjusted.</summary>
    public long Adjustments => Count(ImportFindingKind.Adjusted, LegacyDatabase.TokenTable);

    /// <summary>How many tokens the Go system has taken calls from since they were imported.</summary>
    public long MovedTokens => Count(ImportFindingKind.Moved, LegacyDatabase.TokenTable);

    internal void Add(ImportFindingKind kind, string table, long rowId, string reason)
    {
        _counts[(kind, table)] = Count(kind, table) + 1;
        if (_findings.Count < MostFindings)
            _findings.Add(new ImportFinding(kind, table, rowId, reason));
    }

    private long Count(ImportFindingKind kind, string table) => _counts.GetValueOrDefault((kind, table));
}
