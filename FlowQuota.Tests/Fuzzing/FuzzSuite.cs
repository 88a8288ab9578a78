using System.Diagnostics;
using FlowQuota.Functions.Http;
using FlowQuota.Functions.OpenApi;
using FlowQuota.Functions.WebConsole;
using FlowQuota.SelfHost.Hosting;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Contract;
using FlowQuota.Tests.Servers;
using Xunit;
using Xunit.Abstractions;

namespace FlowQuota.Tests.Fuzzing;

/// <summary>Protects every endpoint against any input: a refusal costs nothing, reveals nothing and breaks nothing.</summary>
public abstract class FuzzSuite(ITestOutputHelper output)
{
    private const int MostFailures = 5;
    private static readonly TimeSpan TimeOfOne = TimeSpan.FromMilliseconds(10);

    protected abstract Task<TestWorld> CreateWorldAsync();

    [SuiteFact]
    public async Task Whatever_is_sent_is_answered_well_and_costs_what_was_admitted_alone()
    {
        int requests = Rounds.Of(few: 1000, many: 15_000);
        int seed = Rounds.NextSeed();
        output.WriteLine($"FLOWQUOTA_TEST_SEED={seed}");
        await using var world = await CreateWorldAsync();
        var app = await ContractApp.StartAsync(world, ("EXECUTE_TIMEOUT_MS", "200"), ("EXECUTE_MAX_MEMORY_MB", "16"));
        string schema = await StoredSchema.ReadAsync(app.Sql);
        var rows = await StoredSchema.CountAsync(app.Sql);
        string[] secrets = [TestApp.AdminToken, TestWorld.Pepper];
        using var fuzzing = new Fuzzing(app, seed, secrets);

        int sent = 0;
        var failures = new List<string>();
        long started = Stopwatch.GetTimestamp();
        while (sent < requests && failures.Count < MostFailures && Stopwatch.GetElapsedTime(started) < requests * TimeOfOne)
        {
            if (await fuzzing.StepAsync() is { } failure)
                failures.Add(failure);
            sent++;
        }

        output.WriteLine($"{sent} requests in {Stopwatch.GetElapsedTime(started).TotalSeconds:F1} s: {fuzzing}");
        Assert.True(failures.Count == 0, string.Join("\n\n", failures));
        Assert.True(sent >= requests / 25, $"Only {sent} requests in {Stopwatch.GetElapsedTime(started)}.");
        await AssertBooksAsync(app, fuzzing);
        Assert.Equal(schema, await StoredSchema.ReadAsync(app.Sql));
        var stored = await StoredSchema.CountAsync(app.Sql);
        long unknown = stored.Tokens - (rows.Tokens + fuzzing.EveryToken.Count - fuzzing.Deleted);
        Assert.InRange(unknown, 0, fuzzing.UnknownCreations);
        Assert.Equal((rows.Records + fuzzing.EveryToken.Count + unknown + fuzzing.Changes, 0), (stored.Records, stored.DeadLetters));
        AssertLog(app, [.. secrets, .. fuzzing.EveryToken.Select(token => token.Token.Full[(token.Token.Id.Length + 1)..])]);
    }

    [Fact]
    public void Every_route_is_in_the_corpus()
    {
        var token = new TestToken("flow_full", "flow_id");
        var requests = FuzzCorpus.All.Select(make => make(token, new Random(1))).Select(request => (request.Method, request.Path)).ToHashSet();
        // The console and the OpenAPI document are files, not in the envelope: ConsoleFilesTests and OpenApiTests ask for them.
        foreach (var (_, _, trigger) in FunctionCatalog.Http.Where(function => function.Name is not (FallbackFunction.Name or ConsoleFunction.Name or OpenApiFunction.Name)))
        {
            string path = RoutePath.Of(trigger.Route!, token);
            Assert.Contains(trigger.Methods ?? ["GET"], method => requests.Contains((method.ToUpperInvariant(), path)));
        }
    }

    private static async Task AssertBooksAsync(TestApp app, Fuzzing fuzzing)
    {
        await app.DrainAsync();
        foreach (var token in fuzzing.EveryToken)
        {
            var changes = await StoredLedger.ReadWholeAsync(app.Sql, token.Token.Id);
            Assert.Equal(token.Admitted, changes.Count(change => change.Action == "consume"));
        }

        string? after = null;
        do
        {
            var report = Envelope.Data(await app.AdminAsync(HttpMethod.Get, $"/flow/quota/verify?page_size=1000&after={after}"));
            Assert.True(report.GetProperty("balanced").GetBoolean(), report.ToString());
            Assert.Equal(0, report.GetProperty("pending_tokens").GetInt32());
            after = report.GetProperty("next").GetString();
        }
        while (after is not null);
    }

    private static void AssertLog(TestApp app, IReadOnlyList<string> secrets)
    {
        foreach (string line in app.Log.Lines)
        {
            Assert.False(line.StartsWith("Error:", StringComparison.Ordinal) || line.StartsWith("Critical:", StringComparison.Ordinal), line);
            Assert.False(secrets.Any(secret => line.Contains(secret, StringComparison.OrdinalIgnoreCase)), "A secret is in the log.");
            Assert.DoesNotContain("forged", line, StringComparison.Ordinal);
        }
    }
}
