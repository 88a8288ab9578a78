using Jint;
using Jint.Native;
using Jint.Native.Object;
using Jint.Runtime;

namespace FlowQuota.Sandbox.Guards;

/// <summary>One match of a pattern, and the values of a replacement text's references in it.</summary>
internal readonly ref struct MatchedText(string match, ReadOnlySpan<JsValue> captures, int position, string text, ObjectInstance? groups)
{
    private readonly ReadOnlySpan<JsValue> _captures = captures;

    /// <summary>The value of the reference at the start of a template; a dollar sign that starts none stands for itself.</summary>
    /// <param name="template">Starts with a dollar sign.</param>
    /// <param name="consumed">How many characters of the template the reference takes.</param>
    public ReadOnlySpan<char> Reference(ReadOnlySpan<char> template, out int consumed)
    {
        consumed = 2;
        switch (template.Length > 1 ? template[1] : '\0')
        {
            case '$':
                return "$";
            case '&':
                return match;
            case '`':
                return text.AsSpan(0, position);
            case '\'':
                return text.AsSpan(Math.Min(text.Length, position + match.Length));
            case '<' when groups is not null && template.IndexOf('>') is var end and > 0:
                consumed = end + 1;
                var named = groups.Get(template[2..end].ToString());
                return named.IsUndefined() ? [] : TypeConverter.ToString(named);
            case >= '0' and <= '9':
                return Numbered(template, out consumed);
            default:
                consumed = 1;
                return "$";
        }
    }

    // Two digits if there are so many groups, else one.
    private ReadOnlySpan<char> Numbered(ReadOnlySpan<char> template, out int consumed)
    {
        for (int digits = template.Length > 2 && char.IsAsciiDigit(template[2]) ? 2 : 1; digits > 0; digits--)
        {
            int number = digits == 2 ? ((template[1] - '0') * 10) + template[2] - '0' : template[1] - '0';
            if (number < 1 || number > _captures.Length)
                continue;
            consumed = 1 + digits;
            var capture = _captures[number - 1];
            return capture.IsUndefined() ? [] : capture.AsString();
        }

        consumed = 1;
        return "$";
    }
}
