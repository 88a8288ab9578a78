using System.Text.Json;
using FlowQuota.Sandbox.Protocol;
using FlowQuota.Tests.Execution;
using FlowQuota.Tests.Servers;
using Xunit;

namespace FlowQuota.Tests.Sandbox;

/// <summary>
/// Tables of snippets with the results of Node.js 20: <c>code</c>, then <c>logs</c>, <c>result</c>, <c>error</c> and
/// <c>message</c> if there are any.
/// </summary>
internal static class Snippets
{
    /// <summary>Runs a table's snippets, and fails with all that have other results.</summary>
    /// <param name="table">The file, relative to FlowQuota.Tests/Sandbox.</param>
    /// <param name="sandbox">The sandbox that runs them.</param>
    public static async Task AgreeAsync(string table, TestSandbox sandbox)
    {
        using var snippets = JsonDocument.Parse(await File.ReadAllTextAsync(Repository.PathOf($"FlowQuota.Tests/Sandbox/{table}")));
        List<string> differences = [];
        foreach (var snippet in snippets.RootElement.EnumerateArray())
        {
            string code = snippet.GetProperty("code").GetString()!;
            var outcome = await sandbox.RunAsync(code);
            if (Difference(snippet, outcome) is { } difference)
                differences.Add($"{code}\n  {difference}");
        }

        Assert.True(snippets.RootElement.GetArrayLength() > 20, $"{table} is empty");
        Assert.True(differences.Count == 0, string.Join("\n\n", differences));
    }

    private static string? Difference(JsonElement expected, ExecutionOutcome outcome)
    {
        string[] logs = expected.TryGetProperty("logs", out var lines) ? lines.EnumerateArray().Select(static line => line.GetString()!).ToArray() : [];
        if (!logs.SequenceEqual(outcome.Logs))
            return $"logs: {string.Join(" | ", outcome.Logs)}";
        if (outcome is ExecutionOutcome.Failed failed)
        {
            bool isExpected = expected.TryGetProperty("error", out var error) && error.GetString() == failed.ErrorType
                && (!expected.TryGetProperty("message", out var message) || message.GetString() == failed.Message);
            return isExpected ? null : $"{failed.ErrorType}: {failed.Message}";
        }

        using var result = JsonDocument.Parse(Outcomes.ResultOf(outcome));
        return expected.TryGetProperty("result", out var value) && JsonElement.DeepEquals(value, result.RootElement)
            ? null
            : $"result: {result.RootElement.GetRawText()}";
    }
}
