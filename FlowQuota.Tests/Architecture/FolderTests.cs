using System.Text.RegularExpressions;
using FlowQuota.Tests.Servers;
using Xunit;

namespace FlowQuota.Tests.Architecture;

/// <summary>The folders of FlowQuota.Shared have an order: each uses only those before it.</summary>
public sealed partial class FolderTests
{
    private static readonly string[] ReadingOrder =
    [
        "Errors", "Periods", "Reservations", "Telemetry", "Fairness", "Ledger", "Tokens", "Redis", "Retention", "Usage", "Sql", "Outbox", "Drains",
        "Admission", "Execution", "Metering", "Administration", "Health", "Settings", "Hosting",
    ];

    private static readonly string Shared = Repository.PathOf("FlowQuota.Shared");

    [Fact]
    public void No_folder_uses_one_that_stands_after_it()
    {
        List<string> back = [];
        foreach (string file in SourceFiles())
        {
            string folder = FolderOf(file);
            int place = Array.IndexOf(ReadingOrder, folder);
            back.AddRange(UsedNamespace().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value)
                .Where(used => Array.IndexOf(ReadingOrder, used) > place)
                .Select(used => $"{Path.GetRelativePath(Shared, file)} uses {used}"));
        }

        Assert.Empty(back.Distinct());
    }

    [Fact]
    public void Every_file_is_in_a_folder_of_the_order_and_in_its_namespace()
    {
        Assert.Equal(ReadingOrder.Order(), SourceFiles().Select(FolderOf).Distinct().Order());
        Assert.All(SourceFiles(), file => Assert.Contains($"namespace FlowQuota.{FolderOf(file)};", File.ReadAllText(file), StringComparison.Ordinal));
    }

    private static string FolderOf(string file) => Path.GetRelativePath(Shared, file).Split(Path.DirectorySeparatorChar)[0];

    private static IEnumerable<string> SourceFiles() => Directory.EnumerateFiles(Shared, "*.cs", SearchOption.AllDirectories)
        .Where(file => FolderOf(file) is not ("bin" or "obj"));

    // A using directive, or a name that begins with the folder's.
    [GeneratedRegex(@"(?:^using (?:static )?FlowQuota\.|(?<![\w.""])FlowQuota\.|[ (<""])(\w+)(?=;|\.[A-Z])", RegexOptions.Multiline)]
    private static partial Regex UsedNamespace();
}
