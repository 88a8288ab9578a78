using System.Globalization;
using System.Text;
using System.Text.Json;
using Dapper;
using FlowQuota.Usage;

namespace FlowQuota.Sql;

/// <summary><see cref="IUsageStore"/> in the <c>usage_*</c> tables.</summary>
/// <param name="dialect">The server.</param>
public sealed class SqlUsageStore(SqlDialect dialect) : IUsageStore
{
    private const int SlowStatementSeconds = 60;

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

        var statement = query.IsOverall ? SqlStatement.ReadUsageTotals : SqlStatement.ReadUsage;
        string text = dialect.Text(statement, Conditions(query)).Replace("/* starts */", Starts(query), StringComparison.Ordinal);
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
            query.Limit,
        };
        return dialect.ReadAsync<IReadOnlyList<UsageFigures>>(
            async (connection, ct) =>
            {
                var rows = await connection.QueryAsync<UsageFiguresRow>(
                    new CommandDefinition(text, values, commandTimeout: SlowStatementSeconds, cancellationToken: ct));
                return [.. rows.Select(row => row.ToFigures())];
            },
            cancellationToken);
    }

    private static List<string> Conditions(UsageQuery query)
    {
        List<string> conditions = ["u.starts_at >= @From", "u.starts_at < @Until"];
        if (!query.Grouping.HasFlag(UsageGrouping.Action)) conditions.Add("u.action IN ('consume', 'refund')");
        if (query.TokenId is not null) conditions.Add("u.token = @TokenId");
        if (query.WorkspaceId is not null) conditions.Add("u.ws_id = @WorkspaceId");
        if (query.Meter is not null) conditions.Add("u.meter = @Meter");
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
