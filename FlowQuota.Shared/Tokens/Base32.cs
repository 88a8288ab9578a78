using System.Diagnostics;

namespace FlowQuota.Tokens;

/// <summary>Crockford's Base32 in lower case: 5 bits a character, and no character needs escaping in a URL or a key.</summary>
internal static class Base32
{
    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

    /// <summary>Encodes whole groups of five bytes, each as eight characters.</summary>
    /// <param name="bytes">A multiple of five bytes.</param>
    /// <param name="text">Receives the characters; may be longer.</param>
    public static void Encode(ReadOnlySpan<byte> bytes, Span<char> text)
    {
        Debug.Assert(bytes.Length % 5 == 0, "Only whole groups can be encoded.");
        for (int group = 0; group < bytes.Length / 5; group++)
        {
            ulong bits = 0;
            foreach (byte value in bytes.Slice(group * 5, 5))
                bits = (bits << 8) | value;
            for (int i = 7; i >= 0; i--, bits >>= 5)
                text[(group * 8) + i] = Alphabet[(int)(bits & 31)];
        }
    }

    /// <summary>True if every character is one of the alphabet.</summary>
    public static bool IsValid(ReadOnlySpan<char> text) => !text.ContainsAnyExcept(Characters);

    private static readonly System.Buffers.SearchValues<char> Characters = System.Buffers.SearchValues.Create(Alphabet);
}
