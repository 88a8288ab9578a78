using System.Buffers;
using System.Globalization;
using System.Text;

namespace FlowQuota.Functions.Http;

/// <summary>Writes CSV (RFC 4180) that a spreadsheet takes as data and never as a formula.</summary>
internal static class CsvText
{
    /// <summary>The content type.</summary>
    public const string ContentType = "text/csv; charset=utf-8";

    private static readonly SearchValues<char> Quoted = SearchValues.Create("\",\r\n");

    /// <summary>Appends a line.</summary>
    /// <param name="text">The text.</param>
    /// <param name="cells">Texts, numbers or booleans; null = an empty cell.</param>
    public static void AppendLine(StringBuilder text, params ReadOnlySpan<object?> cells)
    {
        for (int i = 0; i < cells.Length; i++)
        {
            if (i > 0)
                text.Append(',');
            Append(text, cells[i]);
        }

        text.Append("\r\n");
    }

    private static void Append(StringBuilder text, object? cell)
    {
        switch (cell)
        {
            case string words:
                AppendText(text, words);
                break;
            case bool flag:
                text.Append(flag ? "true" : "false");
                break;
            default:
                text.Append(CultureInfo.InvariantCulture, $"{cell}");
                break;
        }
    }

    // A text that begins with one of these gets a leading ', or a spreadsheet would compute it.
    private static void AppendText(StringBuilder text, string words)
    {
        if (words.Length > 0 && words[0] is '=' or '+' or '-' or '@' or '\t' or '\r')
            words = "'" + words;
        if (words.AsSpan().ContainsAny(Quoted))
            text.Append('"').Append(words.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
        else
            text.Append(words);
    }
}
