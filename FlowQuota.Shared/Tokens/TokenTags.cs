using System.Buffers;
using System.Text.Json.Serialization;

namespace FlowQuota.Tokens;

/// <summary>An admin's labels of a token, by which tokens are found; never none, because a token without tags has no such object.</summary>
/// <param name="Text">The tags with a space between two, in the order in which they were given; column <c>tags</c>.</param>
public sealed record TokenTags(string Text)
{
    /// <summary>Most tags of a token.</summary>
    public const int Most = 16;

    /// <summary>Longest tag, in characters.</summary>
    public const int MaxLength = 64;

    private static readonly SearchValues<char> Allowed = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-");

    /// <summary>The tags, each once.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> All => Text.Split(' ');

    /// <summary>True for 1-<see cref="MaxLength"/> of <c>A-Za-z0-9._:-</c>.</summary>
    public static bool IsTag(string text) => text.Length is >= 1 and <= MaxLength && !text.AsSpan().ContainsAnyExcept(Allowed);

    /// <summary>Makes the object of a token with these tags; null = it has none.</summary>
    /// <param name="tags">At most <see cref="Most"/>, each once.</param>
    public static TokenTags? Of(IReadOnlyList<string> tags) => tags.Count == 0 ? null : new TokenTags(string.Join(' ', tags));

    /// <summary>Reads <see cref="Text"/>; null for a token without tags.</summary>
    public static TokenTags? Parse(string? text) => string.IsNullOrEmpty(text) ? null : new TokenTags(text);
}
