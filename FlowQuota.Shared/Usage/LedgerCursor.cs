using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace FlowQuota.Usage;

/// <summary>
/// A place between two rows of an export. The rows of all tokens are in the order of their times, those of one token in the order
/// of its changes.
/// </summary>
/// <param name="TokenId">The token; null = all.</param>
/// <param name="Major">The time of the row before it, in ms since 1970; or its epoch.</param>
/// <param name="Minor">The number of the row before it; or its seq.</param>
public readonly record struct LedgerCursor(string? TokenId, long Major, long Minor)
{
    private const char All = 't';
    private const char One = 's';

    // No row is so late that it cannot have a time.
    private const long LastMillisecond = 253_402_300_799_999;

    /// <summary>The place before the first row.</summary>
    public static LedgerCursor Start(string? tokenId) => new(tokenId, 0, 0);

    /// <summary>Reads what <see cref="ToText"/> wrote; false if it is something else, or a place in another export.</summary>
    public static bool TryParse(string text, string? tokenId, [NotNullWhen(true)] out LedgerCursor? cursor)
    {
        string suffix = SuffixOf(tokenId);
        cursor = text.Length > 1 && text[0] == (tokenId is null ? All : One) && text.EndsWith(suffix, StringComparison.Ordinal)
            && text[1..^suffix.Length].Split('.') is [var major, var minor]
            && TryParse(major, out long first) && TryParse(minor, out long second) && first <= LastMillisecond
            ? new LedgerCursor(tokenId, first, second)
            : null;
        return cursor is not null;
    }

    /// <summary>The place as text, for callers to send back.</summary>
    public string ToText() => string.Create(CultureInfo.InvariantCulture, $"{(TokenId is null ? All : One)}{Major}.{Minor}{SuffixOf(TokenId)}");

    private static string SuffixOf(string? tokenId) => tokenId is null ? "" : "." + tokenId;

    private static bool TryParse(string text, out long number) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
