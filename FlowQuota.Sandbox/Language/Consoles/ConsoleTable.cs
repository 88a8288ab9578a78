using System.Text;

namespace FlowQuota.Sandbox.Language.Consoles;

/// <summary>Draws a table, as <c>console.table</c> of Node.js does.</summary>
internal static class ConsoleTable
{
    /// <summary>The lines of a table.</summary>
    /// <param name="rows">Its rows, the headings first, each with as many cells.</param>
    public static string Draw(IReadOnlyList<IReadOnlyList<string>> rows)
    {
        int[] widths = Enumerable.Range(0, rows[0].Count).Select(column => rows.Max(row => TextWidth.Of(row[column]))).ToArray();
        string[] rules = widths.Select(static width => new string('─', width + 2)).ToArray();
        var table = new StringBuilder();
        table.Append('┌').AppendJoin('┬', rules).Append("┐\n");
        AppendRow(table, rows[0], widths);
        table.Append('├').AppendJoin('┼', rules).Append("┤\n");
        foreach (var row in rows.Skip(1))
            AppendRow(table, row, widths);
        return table.Append('└').AppendJoin('┴', rules).Append('┘').ToString();
    }

    private static void AppendRow(StringBuilder table, IReadOnlyList<string> row, int[] widths) => table
        .Append("│ ")
        .AppendJoin(" │ ", row.Select((cell, column) => cell + new string(' ', widths[column] - TextWidth.Of(cell))))
        .Append(" │\n");
}
