using System.Text.RegularExpressions;
using FlowQuota.Tokens;

namespace FlowQuota.Import;

/// <summary>Makes a text of the Go system fit for our tables: it contains no full token any more.</summary>
internal static partial class LegacyText
{
    private const int MaxRequestId = 64;

    /// <summary>The text with each token in it replaced by its public id, truncated to a number of characters.</summary>
    public static string? Clean(string? text, int length, TokenCodec codec)
    {
        if (text is null)
            return null;
        if (text.Contains("flow_", StringComparison.Ordinal))
            text = LegacyTokens.Replace(text, match => codec.ReadLegacy(match.Value)!.TokenId);
        if (text.Length <= length)
            return text;
        return char.IsHighSurrogate(text[length - 1]) ? text[..(length - 1)] : text[..length];
    }

    /// <summary>A request id of ours that contains theirs; characters that an id may not hold become hyphens.</summary>
    public static string RequestId(string? requestId, long rowId, TokenCodec codec) =>
        Clean(requestId, int.MaxValue, codec) is { Length: > 0 } text
            ? Clean(NotInRequestIds.Replace(text, "-"), MaxRequestId, codec)!
            : $"legacy-{rowId}";

    [GeneratedRegex("flow_[0-9a-fA-F]{64}", RegexOptions.CultureInvariant)]
    private static partial Regex LegacyTokens { get; }

    [GeneratedRegex("[^A-Za-z0-9._-]", RegexOptions.CultureInvariant)]
    private static partial Regex NotInRequestIds { get; }
}
