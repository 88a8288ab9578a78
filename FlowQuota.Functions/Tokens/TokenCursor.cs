using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FlowQuota.Errors;
using FlowQuota.Functions.Requests;
using FlowQuota.Tokens;

namespace FlowQuota.Functions.Tokens;

/// <summary>
/// Writes and reads the start of the next page, as a text that callers send back unchanged. It holds a fingerprint of filters
/// and order, because a place of another list would skip tokens without a word.
/// </summary>
internal static class TokenCursor
{
    /// <summary>The query parameter. The cursor of a name of 100 characters is shorter than it may be.</summary>
    public static readonly TextField Parameter = new("cursor", 1000, "next_cursor of the page before; left out or empty for the first page.") { MayBeEmpty = true };

    private const int FingerprintCharacters = 16;

    /// <summary>Writes a place in the list of a scan.</summary>
    public static string Write(TokenScan scan, TokenPosition position) =>
        Base64Url.EncodeToString(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Fingerprint(scan)} {position.Row} {Value(position.Value)}")));

    /// <summary>Reads a place in the list of a scan.</summary>
    /// <exception cref="InvalidFieldException">The text is no cursor of this list.</exception>
    public static TokenPosition Read(TokenScan scan, string text)
    {
        var invalid = new InvalidFieldException(Parameter.Name, "must be next_cursor of a response to the same filters, sort and order");
        if (!Base64Url.IsValid(text))
            throw invalid;
        string[] parts = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(text)).Split(' ', 3);
        if (parts.Length < 3 || parts[0] != Fingerprint(scan) || !long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out long row))
            throw invalid;
        return new TokenPosition(Value(scan.Sort, parts[2], invalid), row);
    }

    // The first character says whether there is a value.
    private static string Value(object? value) => value switch
    {
        null => "",
        DateTime time => string.Create(CultureInfo.InvariantCulture, $"={time.Ticks}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"={value}"),
    };

    private static object? Value(TokenSort sort, string text, InvalidFieldException invalid)
    {
        if (text.Length == 0 || sort == TokenSort.CreatedAt)
            return null;
        if (sort == TokenSort.Name)
            return text[1..];
        if (!long.TryParse(text.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out long number) || number > DateTime.MaxValue.Ticks)
            throw invalid;
        return sort == TokenSort.ExpiresAt ? new DateTime(number, DateTimeKind.Utc) : (object)(int)Math.Min(number, int.MaxValue);
    }

    private static string Fingerprint(TokenScan scan)
    {
        byte[] list = JsonSerializer.SerializeToUtf8Bytes(scan with { After = null, PageSize = 0 });
        return Convert.ToHexStringLower(SHA256.HashData(list))[..FingerprintCharacters];
    }
}
