using System.Buffers;

namespace FlowQuota.Sandbox.Language.Web;

/// <summary><c>atob</c> and <c>btoa</c>: Base64 of texts whose characters are bytes.</summary>
internal static class Base64Text
{
    private static readonly SearchValues<char> Whitespace = SearchValues.Create("\t\n\f\r ");

    /// <summary>The Base64 of a text; null if it has a character above U+00FF.</summary>
    public static string? Encode(string text)
    {
        byte[] bytes = new byte[text.Length];
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] > byte.MaxValue)
                return null;
            bytes[i] = (byte)text[i];
        }

        return Convert.ToBase64String(bytes);
    }

    /// <summary>The decoded text of Base64, which may have white space and lack its padding; null if it is invalid.</summary>
    public static string? Decode(string base64)
    {
        string digits = base64.AsSpan().ContainsAny(Whitespace) ? string.Concat(base64.Where(static digit => !Whitespace.Contains(digit))) : base64;
        if (digits.Length % 4 == 0)
            digits = digits.EndsWith("==", StringComparison.Ordinal) ? digits[..^2] : digits.EndsWith('=') ? digits[..^1] : digits;
        if (digits.Length % 4 == 1 || digits.AsSpan().ContainsAnyExcept(Digits))
            return null;
        char[] whole = new char[(digits.Length + 3) / 4 * 4];
        digits.CopyTo(whole);
        whole.AsSpan(digits.Length).Fill('=');
        // Unlike the decoder, the standard allows unused bits that are not zero.
        if (digits.Length % 4 != 0)
            whole[digits.Length - 1] = ClearRest(whole[digits.Length - 1], digits.Length % 4 == 2 ? 4 : 2);
        byte[] bytes = Convert.FromBase64CharArray(whole, 0, whole.Length);
        return string.Create(bytes.Length, bytes, static (text, source) =>
        {
            for (int i = 0; i < source.Length; i++)
                text[i] = (char)source[i];
        });
    }

    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    private static readonly SearchValues<char> Digits = SearchValues.Create(Alphabet);

    private static char ClearRest(char digit, int bits) => Alphabet[Alphabet.IndexOf(digit, StringComparison.Ordinal) >> bits << bits];
}
