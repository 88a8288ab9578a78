using System.Data.Common;
using System.Globalization;
using Dapper;

namespace FlowQuota.Sql;

/// <summary>Inserts rows, some hundreds in a statement.</summary>
internal static class SqlRows
{
    private const int MostRows = 500;

    /// <summary>Inserts rows within a transaction.</summary>
    /// <param name="dialect">The server.</param>
    /// <param name="statement">A statement with the marker <c>/* rows */</c>.</param>
    /// <param name="rows">The values of each row.</param>
    /// <param name="transaction">The transaction, on the connection to use.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    public static async Task InsertAsync(
        SqlDialect dialect, SqlStatement statement, IEnumerable<object[]> rows, DbTransaction transaction, CancellationToken cancellationToken)
    {
        foreach (object[][] chunk in rows.Chunk(MostRows))
        {
            var values = new DynamicParameters();
            string list = string.Join(",\n", chunk.Select((row, i) => $"({string.Join(',', row.Select((value, j) => Add(values, i, j, value)))})"));
            string text = dialect.Text(statement).Replace("/* rows */", list, StringComparison.Ordinal);
            await transaction.Connection!.ExecuteAsync(new CommandDefinition(text, values, transaction, cancellationToken: cancellationToken));
        }
    }

    private static string Add(DynamicParameters values, int row, int column, object value)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"r{row}c{column}");
        values.Add(name, value);
        return "@" + name;
    }
}
