using System.Reflection;
using System.Text.Json;

namespace FlowQuota.Sql;

/// <summary>The texts of all statements as one kind of server takes them, without the comment at the top of their files.</summary>
internal sealed class SqlStatements
{
    private const string Prefix = "FlowQuota.Statements.";

    // What several statements read stands once, for the marker of its name.
    private static readonly (string Marker, string Text)[] Columns =
    [
        ("/* log columns */", ReadResource("FlowQuota.Columns.log_columns.sql")!), ("/* token columns */", ReadResource("FlowQuota.Columns.token_columns.sql")!),
    ];

    private readonly string[] _texts;

    /// <summary>Reads every statement: the server's own text if there is one, otherwise the text for all servers.</summary>
    /// <param name="server">The folder of the server's own texts.</param>
    /// <exception cref="InvalidOperationException">A statement has neither text.</exception>
    public SqlStatements(string server) => _texts = [.. Enum.GetValues<SqlStatement>().Select(statement => Read(server, FileName(statement)))];

    /// <summary>The text of a statement; the same object every time.</summary>
    public string this[SqlStatement statement] => _texts[(int)statement];

    /// <summary>The file that a statement is in.</summary>
    public static string FileName(SqlStatement statement) => $"{JsonNamingPolicy.SnakeCaseLower.ConvertName(statement.ToString())}.sql";

    private static string Read(string server, string fileName)
    {
        string text = ReadResource($"{Prefix}{server}.{fileName}") ?? ReadResource(Prefix + fileName)
            ?? throw new InvalidOperationException($"The statement {fileName} is not embedded for {server}.");
        foreach (var (marker, columns) in Columns)
            text = text.Replace(marker, columns, StringComparison.Ordinal);
        return text;
    }

    private static string? ReadResource(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name);
        if (stream is null) return null;
        using var reader = new StreamReader(stream);
        return WithoutComment(reader.ReadToEnd());
    }

    // A server keeps the start of a statement in its logs and digests.
    private static string WithoutComment(string text)
    {
        var rest = text.AsSpan().Trim();
        while (rest.StartsWith("--") && rest.IndexOf('\n') is >= 0 and var end)
            rest = rest[end..].TrimStart();
        return rest.ToString();
    }
}
