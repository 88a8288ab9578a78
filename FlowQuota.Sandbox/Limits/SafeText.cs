namespace FlowQuota.Sandbox.Limits;

/// <summary>Makes the code's texts safe to store and send.</summary>
internal static class SafeText
{
    private const char Replacement = '\uFFFD';
    private const char Ellipsis = '…';

    /// <summary>
    /// The text in at most that many characters, its end replaced by an ellipsis if it is longer, and without
    /// unpaired surrogates, which neither UTF-8 nor JSON can carry.
    /// </summary>
    public static string Truncate(string text, int maxLength)
    {
        if (text.Length > maxLength)
            text = string.Concat(text.AsSpan(0, Math.Max(0, maxLength - 1)), [Ellipsis]);
        return IsWellFormed(text) ? text : Repair(text);
    }

    private static bool IsWellFormed(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF'))
            return true;

        for (int i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
                continue;
            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
                return false;
            i++;
        }

        return true;
    }

    private static string Repair(string text) => string.Create(text.Length, text, static (target, source) =>
    {
        for (int i = 0; i < source.Length; i++)
        {
            if (i + 1 < source.Length && char.IsSurrogatePair(source[i], source[i + 1]))
            {
                target[i] = source[i];
                target[i + 1] = source[++i];
            }
            else
            {
                target[i] = char.IsSurrogate(source[i]) ? Replacement : source[i];
            }
        }
    });
}
