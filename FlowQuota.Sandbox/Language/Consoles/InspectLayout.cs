namespace FlowQuota.Sandbox.Language.Consoles;

/// <summary>Puts the parts of a value on one line or on several, as Node.js does.</summary>
internal static class InspectLayout
{
    // Nested values that may share a line.
    private const int Compact = 3;

    private const int MaxColumns = 15;

    private const int SeparatorLength = 2;

    // A letter is so many times as high as it is wide: columns are chosen so that an array looks about square.
    private const double LetterHeight = 2.5;

    /// <summary>The whole of a value.</summary>
    /// <param name="parts">Its items and properties.</param>
    /// <param name="heading">The text before the opening brace; empty = none.</param>
    /// <param name="open">The opening brace, with what belongs to it.</param>
    /// <param name="close">The closing brace.</param>
    /// <param name="indentation">How far it is from the left.</param>
    /// <param name="levels">The depth of nested values in it.</param>
    /// <param name="lineLength">Longest line.</param>
    /// <param name="list">How its items are aligned, if it is a list.</param>
    public static string Arrange(
        List<string> parts, string heading, string open, string close, int indentation, int levels, int lineLength, InspectList? list)
    {
        string before = heading.Length > 0 ? $"{heading} " : string.Empty;
        var rows = list is { } items && parts.Count > 6 ? Group(parts, indentation, lineLength, items) : parts;
        if (levels < Compact && rows.Count == parts.Count && FitsLine(rows, rows.Count + indentation + open.Length + heading.Length + 10, heading, lineLength))
        {
            string line = string.Join(", ", rows);
            if (!line.Contains('\n', StringComparison.Ordinal))
                return $"{before}{open} {line} {close}";
        }

        string margin = $"\n{new string(' ', indentation)}";
        return $"{before}{open}{margin}  {string.Join($",{margin}  ", rows)}{margin}{close}";
    }

    private static bool FitsLine(List<string> rows, int start, string heading, int lineLength)
    {
        long length = (long)rows.Count + start;
        if (length + rows.Count > lineLength)
            return false;
        length += rows.Sum(static row => (long)row.Length);
        return length <= lineLength && !heading.Contains('\n', StringComparison.Ordinal);
    }

    private static List<string> Group(List<string> parts, int indentation, int lineLength, InspectList list)
    {
        // A note of how many more items there are keeps a line of its own.
        int count = list.HasMore ? parts.Count - 1 : parts.Count;
        int[] widths = parts.Take(count).Select(TextWidth.Of).ToArray();
        int longest = widths.Max();
        int total = widths.Sum(static width => width + SeparatorLength);
        int cell = longest + SeparatorLength;
        if ((cell * 3) + indentation >= lineLength || !((double)total / cell > 5 || longest <= 6))
            return parts;
        double bias = Math.Max(cell - 3 - Math.Sqrt(cell - ((double)total / parts.Count)), 1);
        int columns = (int)Math.Min(
            Math.Min(Math.Floor((Math.Sqrt(LetterHeight * bias * count) / bias) + 0.5), Math.Floor((double)(lineLength - indentation) / cell)),
            Math.Min(Compact * 4, MaxColumns));
        return columns <= 1 ? parts : InColumns(parts, widths, columns, list);
    }

    private static List<string> InColumns(List<string> parts, int[] widths, int columns, InspectList list)
    {
        int count = widths.Length;
        int[] columnWidths = Enumerable.Range(0, columns)
            .Select(column => Enumerable.Range(0, count).Where(index => index % columns == column).Select(index => widths[index]).DefaultIfEmpty().Max() + SeparatorLength)
            .ToArray();
        List<string> rows = [];
        for (int start = 0; start < count; start += columns)
        {
            int end = Math.Min(start + columns, count);
            var row = new System.Text.StringBuilder();
            for (int index = start; index < end; index++)
            {
                bool isLast = index == end - 1;
                string text = isLast ? parts[index] : $"{parts[index]}, ";
                string space = new string(' ', Math.Max(0, columnWidths[index - start] - widths[index] - SeparatorLength));
                // Numbers are aligned to the right; the last of a line needs no space after it.
                row.Append(list.IsNumeric ? $"{space}{text}" : isLast ? text : $"{text}{space}");
            }

            rows.Add(row.ToString());
        }

        if (list.HasMore)
            rows.Add(parts[^1]);
        return rows;
    }
}
