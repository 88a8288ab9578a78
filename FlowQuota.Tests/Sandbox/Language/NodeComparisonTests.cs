using System.Reflection;
using System.Text.Json;
using FlowQuota.Sandbox.Protocol;
using FlowQuota.Tests.Execution;
using Xunit;

namespace FlowQuota.Tests.Sandbox.Language;

/// <summary>
/// Code in the sandbox has the same results as in Node 20. The snippets are in snippets.txt; node20.mjs runs them in Node and
/// writes node20.json. Intended and unavoidable differences are in docs/sandbox.md.
/// </summary>
[Collection(SandboxCollection.Name)]
public sealed class NodeComparisonTests : IDisposable
{
    private const string SyntaxErrors = "throws SyntaxError";

    private static readonly string Frame = Resource("answer.js");

    private static readonly ILookup<string, string[]> Rows =
        JsonSerializer.Deserialize<string[][]>(Resource("node20.json"))!.ToLookup(row => row[0]);

    private readonly TestSandbox _sandbox = new(new RunLimits { Timeout = TimeSpan.FromSeconds(30) });

    public static TheoryData<string> Topics => [.. Rows.Select(topic => topic.Key)];

    [Theory]
    [MemberData(nameof(Topics))]
    public async Task Code_answers_what_node_20_answers(string topic)
    {
        List<string> differences = [];
        foreach (string[] row in Rows[topic])
        {
            string? here = await AnswerAsync(row[1]);
            if (here != row[2])
                differences.Add($"{row[1]}\n  Node: {row[2]}\n  here: {here}");
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    public void Dispose() => _sandbox.Dispose();

    private async Task<string?> AnswerAsync(string body) =>
        await _sandbox.RunAsync(Frame.Replace("/* snippet */", body, StringComparison.Ordinal)) switch
        {
            ExecutionOutcome.Succeeded succeeded => JsonSerializer.Deserialize<string>(succeeded.ResultJson.Span),
            ExecutionOutcome.Failed { ErrorType: ErrorTypes.Syntax } => SyntaxErrors,
            ExecutionOutcome.Failed failed => $"{failed.ErrorType}: {failed.Message}",
            var other => other.ToString(),
        };

    private static string Resource(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
