using FlowQuota.Tests.Servers;

namespace FlowQuota.Tests.Gateways;

/// <summary>The configurations in docs/gateways.md, so that the documented ones are tested.</summary>
internal static class GatewayPage
{
    private const string Fence = "```";

    /// <summary>A file that the page shows.</summary>
    /// <param name="name">The text after the language of its block.</param>
    public static string File(string name)
    {
        string[] lines = System.IO.File.ReadAllLines(Repository.PathOf("docs/gateways.md"));
        int first = Array.FindIndex(lines, line => line.StartsWith(Fence, StringComparison.Ordinal) && line.EndsWith($" {name}", StringComparison.Ordinal)) + 1;
        if (first == 0)
            throw new InvalidOperationException($"docs/gateways.md has no block {name}.");
        int end = Array.IndexOf(lines, Fence, first);
        return string.Join('\n', lines[first..end]) + "\n";
    }
}
