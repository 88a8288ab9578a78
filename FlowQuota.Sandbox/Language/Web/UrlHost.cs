using System.Buffers;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace FlowQuota.Sandbox.Language.Web;

/// <summary>Parses and writes hosts, as the URL Standard does: https://url.spec.whatwg.org/#hosts-(domains-and-ip-addresses).</summary>
internal static class UrlHost
{
    private static readonly SearchValues<char> ForbiddenInHost = SearchValues.Create("\0\t\n\r #/:<>?@[\\]^|");
    private const string Punycode = "xn--";

    // No valid name is so long, and mapping it would be slow.
    private const int MaxMappedLength = 2000;

    private static readonly IdnMapping Idn = new() { AllowUnassigned = true, UseStd3AsciiRules = false };

    /// <summary>The host as a URL writes it; null if it is invalid.</summary>
    /// <param name="input">The text.</param>
    /// <param name="isOpaque">Whether it is no domain, because the scheme is none of the Web's own.</param>
    public static string? Parse(string input, bool isOpaque)
    {
        if (input.StartsWith('['))
            return input.EndsWith(']') && ParseAddress6(input[1..^1]) is { } address ? $"[{Write(address)}]" : null;
        if (isOpaque)
            return input.AsSpan().ContainsAny(ForbiddenInHost) ? null : PercentEncoding.Encode(input, PercentEncoding.IsControl);
        if (ToAscii(PercentEncoding.Decode(input)) is not { Length: > 0 } domain || domain.Any(IsForbiddenInDomain))
            return null;
        return EndsInNumber(domain) ? ParseAddress4(domain) is { } number ? Write(number) : null : domain;
    }

    private static bool IsForbiddenInDomain(char character) =>
        character is <= '\x1F' or '%' or '\x7F' || ForbiddenInHost.Contains(character);

    private static string? ToAscii(string domain)
    {
        if (Ascii.IsValid(domain) && !domain.Contains(Punycode, StringComparison.OrdinalIgnoreCase))
            return InLowerCase(domain);
        if (domain.Length > MaxMappedLength)
            return null;
        try
        {
            // The mapping refuses empty names; only a root's dot at the end may leave one.
            bool isRooted = domain.EndsWith('.');
            string ascii = InLowerCase(Idn.GetAscii(isRooted ? domain[..^1] : domain));
            // A name that is marked as encoded must be encoded correctly.
            if (ascii.Contains(Punycode, StringComparison.Ordinal))
                Idn.GetUnicode(ascii);
            return isRooted ? $"{ascii}." : ascii;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static string InLowerCase(string domain) =>
        string.Create(domain.Length, domain, static (target, source) => source.AsSpan().ToLowerInvariant(target));

    private static bool EndsInNumber(string domain)
    {
        string[] parts = domain.Split('.');
        if (parts[^1].Length == 0)
        {
            if (parts.Length == 1)
                return false;
            parts = parts[..^1];
        }

        return (parts[^1].Length > 0 && parts[^1].All(char.IsAsciiDigit)) || Number(parts[^1]) is not null;
    }

    private static BigInteger? Number(string text)
    {
        if (text.Length == 0)
            return null;
        var (digits, radix) = (text, 10);
        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
            (digits, radix) = (text[2..], 16);
        else if (text.Length > 1 && text[0] == '0')
            (digits, radix) = (text[1..], 8);
        // No address has so many digits, however many leading zeros it has.
        digits = digits.TrimStart('0');
        BigInteger number = 0;
        foreach (char digit in digits)
        {
            int value = char.IsAsciiHexDigit(digit) ? Convert.ToInt32(digit.ToString(), 16) : radix;
            if (value >= radix)
                return null;
            if (number <= uint.MaxValue)
                number = (number * radix) + value;
        }

        return number;
    }

    private static uint? ParseAddress4(string domain)
    {
        var parts = domain.Split('.').ToList();
        if (parts[^1].Length == 0 && parts.Count > 1)
            parts.RemoveAt(parts.Count - 1);
        if (parts.Count > 4)
            return null;
        BigInteger address = 0;
        for (int i = 0; i < parts.Count; i++)
        {
            if (Number(parts[i]) is not { } number)
                return null;
            bool isLast = i == parts.Count - 1;
            var limit = isLast ? BigInteger.Pow(256, 5 - parts.Count) : 256;
            if (number >= limit)
                return null;
            address += isLast ? number : number * BigInteger.Pow(256, 3 - i);
        }

        return (uint)address;
    }

    private static string Write(uint address) =>
        string.Create(CultureInfo.InvariantCulture, $"{address >> 24}.{(address >> 16) & 255}.{(address >> 8) & 255}.{address & 255}");

    private static ushort[]? ParseAddress6(string text)
    {
        ushort[] address = new ushort[8];
        var (piece, compress, at) = (0, -1, 0);
        char At(int index) => index < text.Length ? text[index] : '\0';

        if (At(0) == ':')
        {
            if (At(1) != ':')
                return null;
            (at, piece, compress) = (2, 1, 1);
        }

        while (at < text.Length)
        {
            if (piece == 8)
                return null;
            if (text[at] == ':')
            {
                if (compress >= 0)
                    return null;
                at++;
                compress = ++piece;
                continue;
            }

            var (value, length) = (0, 0);
            for (; length < 4 && char.IsAsciiHexDigit(At(at)); length++)
                value = (value * 16) + Convert.ToInt32(text[at++].ToString(), 16);
            if (At(at) == '.')
            {
                if (length == 0 || piece > 6 || Embedded4(text[(at - length)..]) is not var (high, low))
                    return null;
                (address[piece], address[piece + 1]) = (high, low);
                piece += 2;
                break;
            }

            if (at < text.Length && (text[at++] != ':' || at == text.Length))
                return null;
            address[piece++] = (ushort)value;
        }

        if (compress < 0)
            return piece == 8 ? address : null;
        // The part after the two colons moves to the end.
        int moved = piece - compress;
        for (int i = 1; i <= moved; i++)
        {
            var (from, to) = (compress + moved - i, 8 - i);
            if (from != to)
                (address[to], address[from]) = (address[from], (ushort)0);
        }

        return address;
    }

    private static (ushort High, ushort Low)? Embedded4(string text)
    {
        string[] parts = text.Split('.');
        if (parts.Length != 4)
            return null;
        Span<int> bytes = stackalloc int[4];
        for (int i = 0; i < 4; i++)
        {
            if (parts[i].Length is 0 or > 3 || !parts[i].All(char.IsAsciiDigit) || (parts[i].Length > 1 && parts[i][0] == '0'))
                return null;
            bytes[i] = int.Parse(parts[i], CultureInfo.InvariantCulture);
            if (bytes[i] > 255)
                return null;
        }

        return ((ushort)((bytes[0] << 8) | bytes[1]), (ushort)((bytes[2] << 8) | bytes[3]));
    }

    private static string Write(ushort[] address)
    {
        // The first longest run of more than one zero is left out.
        var (start, length) = (-1, 1);
        for (int i = 0; i < 8; i++)
        {
            int end = i;
            while (end < 8 && address[end] == 0)
                end++;
            if (end - i > length)
                (start, length) = (i, end - i);
            i = Math.Max(i, end - 1);
        }

        var text = new StringBuilder();
        for (int i = 0; i < 8; i++)
        {
            if (i == start)
            {
                text.Append(i == 0 ? "::" : ":");
                i += length - 1;
                continue;
            }

            text.Append(address[i].ToString("x", CultureInfo.InvariantCulture));
            if (i < 7)
                text.Append(':');
        }

        return text.ToString();
    }
}
