using System.Text.RegularExpressions;
using FlowQuota.Sql;
using FlowQuota.Tests.Servers;
using Xunit;

namespace FlowQuota.Tests.Storage;

/// <summary>Every statement of the stores is in a file for every server, and every file is a statement that is used.</summary>
public sealed partial class SqlStatementFileTests
{
    private static readonly string Folder = Repository.PathOf(Path.Combine("FlowQuota.Shared", "Sql"));

    private static readonly string[] Servers = ["MySql", "Sqlite"];

    [Theory]
    [InlineData("MySql")]
    [InlineData("Sqlite")]
    public void Every_statement_has_a_text_that_begins_with_the_statement(string server)
    {
        var statements = new SqlStatements(server);

        Assert.All(Enum.GetValues<SqlStatement>(), statement =>
        {
            Assert.Matches("^(SELECT|INSERT|UPDATE|DELETE|WITH|SET|PRAGMA) ", statements[statement].ReplaceLineEndings(" "));
            Assert.Same(statements[statement], statements[statement]);
        });
    }

    [Fact]
    public void A_statement_without_a_file_is_named_at_the_start()
    {
        var failure = Assert.Throws<InvalidOperationException>(() => new SqlStatements("NoServer"));

        Assert.Contains(SqlStatements.FileName(SqlStatement.OpenSession), failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_file_is_one_that_a_server_reads()
    {
        var names = Enum.GetValues<SqlStatement>().Select(SqlStatements.FileName).ToHashSet();
        var shared = Files("Statements");
        var own = Servers.Select(Files).ToArray();

        Assert.All(own.Append(shared), files => Assert.Subset(names, files));
        Assert.DoesNotContain(shared, file => own.All(files => files.Contains(file)));
    }

    [Fact]
    public void Every_statement_is_run_by_a_store()
    {
        var used = Sources(Folder).Concat(Sources(Repository.PathOf(Path.Combine("infra", "import"))))
            .SelectMany(file => UsedStatement().Matches(File.ReadAllText(file)))
            .Select(match => match.Groups[1].Value);

        Assert.Equal(Enum.GetNames<SqlStatement>().Order(), used.Distinct().Order());
    }

    [Fact]
    public void No_statement_is_in_the_code_but_those_of_partitions_and_named_locks() =>
        Assert.DoesNotContain(
            Sources(Repository.PathOf("FlowQuota.Shared")),
            file => Path.GetFileName(file) is not ("MySqlLogPartitions.cs" or "MySqlDialect.cs") && Statement().IsMatch(File.ReadAllText(file)));

    [Fact]
    public void Every_file_begins_with_one_to_three_lines_of_comment() =>
        Assert.All(Servers.Append("Statements").SelectMany(folder => Directory.GetFiles(Path.Combine(Folder, folder))), file =>
            Assert.InRange(File.ReadLines(file).TakeWhile(line => line.StartsWith("-- ", StringComparison.Ordinal)).Count(), 1, 3));

    [Theory]
    [InlineData(nameof(SqlStatement.FindTokens), nameof(SqlStatement.SearchTokens))]
    [InlineData(nameof(SqlStatement.FindTokens), nameof(SqlStatement.ScanTokens))]
    [InlineData(nameof(SqlStatement.FindChange), nameof(SqlStatement.ReadLogPage))]
    public void Statements_that_read_the_same_rows_read_the_same_columns(string one, string other)
    {
        var statements = new SqlStatements("MySql");

        Assert.Equal(Columns(statements[Enum.Parse<SqlStatement>(one)]), Columns(statements[Enum.Parse<SqlStatement>(other)]));
    }

    // A list reads the periods as text, because one that is damaged must not hide the other tokens.
    private static string Columns(string text) => text[..text.IndexOf("FROM", StringComparison.Ordinal)]
        .Replace("period_rule AS RuleText, period_state AS StateText", "period_rule AS Period, period_state AS PeriodState", StringComparison.Ordinal);

    private static HashSet<string> Files(string folder) =>
        [.. Directory.EnumerateFiles(Path.Combine(Folder, folder)).Select(file => Path.GetFileName(file))];

    private static IEnumerable<string> Sources(string folder) => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
        .Where(file => !Path.GetRelativePath(folder, file).StartsWith("obj", StringComparison.Ordinal));

    [GeneratedRegex(@"\bSqlStatement\.(\w+)")]
    private static partial Regex UsedStatement();

    // At the start of a literal or of a line.
    [GeneratedRegex("""(?:"|^\s*)(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|REPLACE INTO) """, RegexOptions.Multiline)]
    private static partial Regex Statement();
}
