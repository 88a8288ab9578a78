using System.Text.Json.Serialization;

namespace FlowQuota.Functions.Tokens;

/// <summary>A page of a list that is read by cursor.</summary>
/// <param name="Tokens">Its tokens; may be few or none although more pages follow.</param>
/// <param name="NextCursor">The cursor of the next page; null = this was the last.</param>
/// <param name="PageSize">The most tokens of a page.</param>
/// <param name="Stale">True if Redis was unavailable.</param>
internal sealed record TokenScanView(IReadOnlyList<TokenView> Tokens, string? NextCursor, int PageSize, bool Stale)
{
    /// <summary>How many match if this page has them all; left out otherwise, because nothing is counted.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Count { get; init; }
}
