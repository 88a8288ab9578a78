using System.Text;

namespace FlowQuota.Sandbox.Language.Web;

/// <summary>Percent-encoding, with the sets of characters that the URL Standard encodes in each part of a URL.</summary>
internal static class PercentEncoding
{
    private const string UpperHex = "0123456789ABCDEF";

    /// <summary>Encoded in hosts that are no domains, and in opaque paths.</summary>
    public static bool IsControl(int character) => character is <= 0x1F or > 0x7E;

    /// <summary>Encoded in fragments.</summary>
    public static bool IsInFragmentSet(int character) => IsControl(character) || character is ' ' or '"' or '<' or '>' or '`';

    /// <summary>Encoded in queries.</summary>
    public static bool IsInQuerySet(int character) => IsControl(character) || character is ' ' or '"' or '#' or '<' or '>';

    /// <summary>Encoded in queries of the Web's own schemes.</summary>
    public static bool IsInSpecialQuerySet(int character) => IsInQuerySet(character) || character == '\'';

    /// <summary>Encoded in paths.</summary>
    public static bool IsInPathSet(int character) => IsInQuerySet(character) || character is '?' or '`' or '{' or '}';

    /// <summary>Encoded in user names and passwords.</summary>
    public static bool IsInUserInfoSet(int character) =>
        IsInPathSet(character) || character is '/' or ':' or ';' or '=' or '@' or '[' or '\\' or ']' or '^' or '|';

    /// <summary>Not encoded in forms; a space is a plus sign there.</summary>
    public static bool StaysInForm(int character) =>
        character is (>= 'a' and <= 'z') or (>= 'A' and <= 'Z') or (>= '0' and <= '9') or '*' or '-' or '.' or '_';

    /// <summary>Appends one character, encoded if it is in a set.</summary>
    public static void Append(StringBuilder target, Rune character, Func<int, bool> isInSet)
    {
        if (!isInSet(character.Value))
        {
            target.Append(character.ToString());
            return;
        }

        Span<byte> bytes = stackalloc byte[4];
        foreach (byte value in bytes[..character.EncodeToUtf8(bytes)])
            AppendByte(target, value);
    }

    /// <summary>A text, its characters encoded if they are in a set.</summary>
    public static string Encode(string text, Func<int, bool> isInSet)
    {
        var encoded = new StringBuilder(text.Length);
        foreach (var character in text.EnumerateRunes())
            Append(encoded, character, isInSet);
        return encoded.ToString();
    }

    /// <summary>Appends one byte.</summary>
    public static void AppendByte(StringBuilder target, byte value) => target.Append('%').Append(UpperHex[value >> 4]).Append(UpperHex[value & 15]);

    /// <summary>A text without its percent-encoding; bytes that are no UTF-8 become U+FFFD.</summary>
    public static string Decode(string text)
    {
        if (!text.Contains('%', StringComparison.Ordinal))
            return text;
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        int length = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] == '%' && i + 2 < bytes.Length && char.IsAsciiHexDigit((char)bytes[i + 1]) && char.IsAsciiHexDigit((char)bytes[i + 2]))
            {
                bytes[length++] = (byte)((Digit(bytes[i + 1]) << 4) | Digit(bytes[i + 2]));
                i += 2;
            }
            else
            {
                bytes[length++] = bytes[i];
            }
        }

        return Encoding.UTF8.GetString(bytes, 0, length);
    }

    private static int Digit(byte character) => character <= '9' ? character - '0' : (character | 0x20) - 'a' + 10;
}
