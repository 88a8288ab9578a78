using System.Text;

namespace FlowQuota.Sandbox.Language.Web;

/// <summary>Names and values as forms and queries write them: https://url.spec.whatwg.org/#application/x-www-form-urlencoded.</summary>
internal static class FormEncoding
{
    /// <summary>The names and values in a text.</summary>
    public static IEnumerable<(string Name, string Value)> Parse(string text)
    {
        foreach (string pair in text.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            yield return equals < 0 ? (Decode(pair), string.Empty) : (Decode(pair[..equals]), Decode(pair[(equals + 1)..]));
        }
    }

    /// <summary>Appends a name and its value.</summary>
    public static void Append(StringBuilder target, string name, string value)
    {
        if (target.Length > 0)
            target.Append('&');
        Encode(target, name);
        target.Append('=');
        Encode(target, value);
    }

    private static string Decode(string text) => PercentEncoding.Decode(text.Replace('+', ' '));

    private static void Encode(StringBuilder target, string text)
    {
        foreach (var character in text.EnumerateRunes())
        {
            if (character.Value == ' ')
                target.Append('+');
            else
                PercentEncoding.Append(target, character, static value => !PercentEncoding.StaysInForm(value));
        }
    }
}
