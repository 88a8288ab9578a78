using System.Text.Json.Serialization;
using FlowQuota.Functions.Auditing;
using FlowQuota.Functions.Http;
using FlowQuota.Periods;
using FlowQuota.Usage;

namespace FlowQuota.Functions.Usage;

/// <summary>The usage of one bucket of time, or of one group in it.</summary>
/// <param name="StartsAt">Its start in the zone of the report.</param>
/// <param name="EndsAt">Its end in the zone, exclusive.</param>
/// <param name="StartsAtUtc">Its start in UTC, which distinguishes two hours that the clocks of the zone show alike.</param>
internal sealed record UsageBucketView(string StartsAt, string EndsAt, string StartsAtUtc)
{
    /// <summary>The action of a group of refusals, which leave no row.</summary>
    public const string Refused = "refused";

    /// <summary>The public id; left out unless asked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Token { get; init; }

    /// <summary>The workspace; left out unless asked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? WsId { get; init; }

    /// <summary>The callers' label, '' = none; left out unless asked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Meter { get; init; }

    /// <summary>The action of the log; left out unless asked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Action { get; init; }

    /// <summary>How many rows the log has; left out unless asked for by action.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Changes { get; init; }

    /// <summary>The sum of their changes; left out unless asked for by action.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? QuotaChange { get; init; }

    /// <summary>Calls that were charged.</summary>
    public long Calls { get; init; }

    /// <summary>Units that they took.</summary>
    public long Units { get; init; }

    /// <summary>Calls whose code failed; they are charged.</summary>
    public long Failed { get; init; }

    /// <summary>Units that came back.</summary>
    public long Refunded { get; init; }

    /// <summary>Calls that were refused because too few units were left.</summary>
    public long RefusedQuota { get; init; }

    /// <summary>Calls that were refused by a rate limit.</summary>
    public long RefusedRate { get; init; }

    public static UsageBucketView Of(UsageFigures row, UsageSpan span, WallClock clock, UsageGrouping grouping)
    {
        bool byAction = grouping.HasFlag(UsageGrouping.Action);
        return new UsageBucketView(
            TimeZoneFormatter.FormatLocal(clock.LocalAt(span.From)), TimeZoneFormatter.FormatLocal(clock.LocalAt(span.Until)),
            TimeZoneFormatter.FormatLocal(span.From))
        {
            Token = grouping.HasFlag(UsageGrouping.Token) ? row.TokenId : null,
            WsId = grouping.HasFlag(UsageGrouping.Workspace) ? row.WorkspaceId : null,
            Meter = grouping.HasFlag(UsageGrouping.Meter) ? row.Meter ?? "" : null,
            Action = byAction ? row.Action is { } action ? QuotaLogView.WordOf(action) : Refused : null,
            Changes = byAction ? row.Changes : null,
            QuotaChange = byAction ? row.QuotaChange : null,
            Calls = row.Calls,
            Units = row.Units,
            Failed = row.Failed,
            Refunded = row.Refunded,
            RefusedQuota = row.RefusedQuota,
            RefusedRate = row.RefusedRate,
        };
    }
}
