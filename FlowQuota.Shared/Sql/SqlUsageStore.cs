using System.Globalization;
using System.Text;
using System.Text.Json;
using Dapper;
using FlowQuota.Ledger;
using FlowQuota.Usage;

namespace FlowQuota.Sql;

/// <summary><see cref="IUsageStore"/> in the <c>usage_*</c> tables.</summary>
/// <param name="dialect">The server.</param>
public sealed class SqlUsageStore(SqlDialect dialect) : IUsageStore
{
    private const string HasTag =
        "u.token IN (SELECT t.access_token FROM token_tags AS g JOIN access_tokens AS t ON t.id = g.token_row WHERE g.tag = @Tag)";

    // TO_SECONDS('0001-01-01') of MySQL.
    private const long SecondsBeforeYear1 = 366 * 86_400;

    /// <inheritdoc/>
    public Task<DateTime?> ReadCompleteUntilAsync(CancellationToken cancellationToken) =>
        dialect.ReadAsync(
            (connection, ct) => connection.ExecuteScalarAsync<DateTime?>(dialect.Command(SqlStatement.ReadCompleteUntil, null, ct)), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<UsageFigures>> ReadAsync(UsageQuery query, CancellationToken cancellationToken)
    {
        // MySQL cannot compare an ASCII column with other characters; there is no such token or label.
        if (!Ascii.IsValid(query.TokenId) || !Ascii.IsValid(query.Meter)) return Task.FromResult<IReadOnlyList<UsageFigures>>([]);

        var values = new
        {
            query.Spans[0].From,
            query.Spans[^1].Until,
            Spans = ToJson(query),
            ByToken = query.Grouping.HasFlag(UsageGrouping.Token),
            ByWorkspace = query.Grouping.HasFlag(UsageGrouping.Workspace),
            ByMeter = query.Grouping.HasFlag(UsageGrouping.Meter),
            ByAction = query.Grouping.HasFlag(UsageGrouping.Action),
            query.TokenId,
            query.WorkspaceId,
            query.Meter,
            query.Tag,
            query.Limit,
        };
        return dialect.ReadAsync<IReadOnlyList<UsageFigures>>(
            async (connection, ct) =>
            {
                var usage = await QueryAsync(query.IsOverall ? SqlStatement.ReadUsageTotals : SqlStatement.ReadUsage, Conditions(query));
                // What was to be used is not known of a call that was refused.
                var refusals = query.Meter is null ? await QueryAsync(SqlStatement.ReadRefusals, Owners(query)) : [];
                return Merge(query, usage, refusals);

                async Task<IEnumerable<UsageFigures>> QueryAsync(SqlStatement statement, List<string> conditions)
                {
                    string text = dialect.Text(statement, conditions).Replace("/* starts */", Starts(query), StringComparison.Ordinal);
                    var rows = await connection.QueryAsync<UsageFiguresRow>(
                        new CommandDefinition(text, values, commandTimeout: SqlDialect.ReportSeconds, cancellationToken: ct));
                    return rows.Select(row => row.ToFigures());
                }
            },
            cancellationToken);
    }

    // Refusals have no label and no action; with these they are a group of their own.
    private static List<UsageFigures> Merge(UsageQuery query, IEnumerable<UsageFigures> usage, IEnumerable<UsageFigures> refusals)
    {
        string? meter = query.Grouping.HasFlag(UsageGrouping.Meter) ? "" : null;
        var merged = usage.ToDictionary(KeyOf);
        foreach (var refused in refusals.Select(row => row with { Meter = meter }))
        {
            merged[KeyOf(refused)] = merged.TryGetValue(KeyOf(refused), out var used)
                ? used with { RefusedQuota = refused.RefusedQuota, RefusedRate = refused.RefusedRate }
                : refused;
        }

        return [.. merged.OrderBy(pair => pair.Key).Select(pair => pair.Value)];

        static (int, string?, string?, string?, QuotaAction?) KeyOf(UsageFigures row) => (row.Span, row.TokenId, row.WorkspaceId, row.Meter, row.Action);
    }

    private static List<string> Conditions(UsageQuery query)
    {
        var conditions = Owners(query);
        if (!query.Grouping.HasFlag(UsageGrouping.Action)) conditions.Add("u.action IN ('consume', 'refund')");
        if (query.Meter is not null) conditions.Add("u.meter = @Meter");
        return conditions;
    }

    private static List<string> Owners(UsageQuery query)
    {
        List<string> conditions = ["u.starts_at >= @From", "u.starts_at < @Until"];
        if (query.TokenId is not null) conditions.Add("u.token = @TokenId");
        if (query.WorkspaceId is not null) conditions.Add("u.ws_id = @WorkspaceId");
        if (query.Tag is not null) conditions.Add(HasTag);
        return conditions;
    }

    private static string Starts(UsageQuery query) => string.Join(',', query.Spans.Select(span =>
        ((span.From.Ticks / TimeSpan.TicksPerSecond) + SecondsBeforeYear1).ToString(CultureInfo.InvariantCulture)));

    private static string ToJson(UsageQuery query) => JsonSerializer.Serialize(query.Spans.Select((span, n) => new
    {
        n,
        from = UtcDateTimeHandler.ToText(span.From),
        until = UtcDateTimeHandler.ToText(span.Until),
    }));
}
