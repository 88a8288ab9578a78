using System.Buffers;
using System.Globalization;
using System.Text;

namespace FlowQuota.Sandbox.Language.Consoles;

/// <summary>Texts inside values, as Node.js shows them: between quotes, with invisible characters escaped.</summary>
internal static class QuotedText
{
    private static readonly SearchValues<char> IdentifierCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

    /// <summary>The text between quotes that need no escaping in it, if there are any.</summary>
    public static string Of(string text)
    {
        char quote = !text.Contains('\'', StringComparison.Ordinal) ? '\''
            : !text.Contains('"', StringComparison.Ordinal) ? '"'
            : !text.Contains('`', StringComparison.Ordinal) && !text.Contains("${", StringComparison.Ordinal) ? '`'
            : '\'';
        var quoted = new StringBuilder(text.Length + 2).Append(quote);
        for (int i = 0; i < text.Length; i++)
            Append(quoted, text, i, quote);
        return quoted.Append(quote).ToString();
    }

    /// <summary>Whether a property's name needs no quotes.</summary>
    public static bool IsIdentifier(string name) => name.Length > 0 && !char.IsAsciiDigit(name[0])
        && !name.AsSpan().ContainsAnyExcept(IdentifierCharacters);

    private static void Append(StringBuilder quoted, string text, int index, char quote)
    {
        char character = text[index];
        string? escaped = character switch
        {
            '\n' => "\\n",
            '\t' => "\\t",
            '\r' => "\\r",
            '\b' => "\\b",
            '\f' => "\\f",
            '\v' => "\\v",
            '\\' => "\\\\",
            _ when character == quote => $"\\{quote}",
            < ' ' or (>= '\x7F' and <= '\x9F') => string.Create(CultureInfo.InvariantCulture, $"\\x{(int)character:X2}"),
            _ when IsUnpaired(text, index) => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)character:X4}"),
            _ => null,
        };
        if (escaped is null)
            quoted.Append(character);
        else
            quoted.Append(escaped);
    }

    private static bool IsUnpaired(string text, int index) => char.IsSurrogate(text[index])
        && !(char.IsHighSurrogate(text[index]) && index + 1 < text.Length && char.IsLowSurrogate(text[index + 1]))
        && !(char.IsLowSurrogate(text[index]) && index > 0 && char.IsHighSurrogate(text[index - 1]));
}
