using FlowQuota.Tests.Apps;
using FlowQuota.Tests.FunctionsHost;
using FlowQuota.Tests.Servers;
using FlowQuota.Tests.Storage;
using FlowQuota.Tokens;
using Xunit;

namespace FlowQuota.Tests.Contract;

/// <summary>Protects a start with an empty database: requests that need SQL get 503, and an admin's says what to do.</summary>
public sealed class MissingSchemaTests
{
    private const string WhatToDo = "infra/sql/init.sql";

    [Fact]
    public async Task Without_a_schema_each_endpoint_answers_503_or_does_without_SQL_embedded()
    {
        await using var world = TestWorld.Embedded();
        await AssertAsync(await world.StartAppAsync(("FLOW_TIME_ZONE", ContractApp.TimeZone), ("DATABASE_MIGRATE", "false")));
    }

    [ServerFact(MySql = true, Redis = true)]
    public async Task Without_a_schema_each_endpoint_answers_503_or_does_without_SQL_on_MySQL()
    {
        await using var world = await TestWorld.RealAsync();
        var empty = new MySqlFixture();
        await MySqlFixture.ExecuteOnServerAsync($"CREATE DATABASE {empty.Database}");
        try
        {
            await AssertAsync(await world.StartAppAsync(("FLOW_TIME_ZONE", ContractApp.TimeZone), ("DATABASE_MIGRATE", "false"), ("MYSQL_CONNECTION", empty.ConnectionString)));
        }
        finally
        {
            await MySqlFixture.ExecuteOnServerAsync($"DROP DATABASE {empty.Database}");
        }
    }

    private static async Task AssertAsync(TestApp app)
    {
        // Valid tokens, as far as can be known without SQL; a cold one each.
        var codec = new TokenCodec(TestWorld.Pepper);
        string holder = codec.Mint().FullToken, id = codec.Mint().TokenId;
        foreach (object[] route in FunctionRouteTests.DocumentedApi())
        {
            var (method, path) = (new HttpMethod((string)route[0]), ((string)route[1]).Replace("flow_id", id, StringComparison.Ordinal));
            foreach (string token in new[] { TestApp.AdminToken, holder })
            {
                var answer = await app.SendAsync(method, path, token, Body(method, path, id));

                Assert.True(answer.Status != 500, $"{method} {path}: {answer.Body}");
                if (token == holder)
                    Assert.DoesNotContain(WhatToDo, answer.Body.GetRawText(), StringComparison.Ordinal);
            }
        }

        foreach (var (method, path) in NeedSql)
        {
            var answer = await app.AdminAsync(method, path.Replace("flow_id", id, StringComparison.Ordinal), Body(method, path, id));

            Envelope.Refused(answer, 503, "ServiceUnavailable", WhatToDo);
        }

        foreach (string path in new[] { "/flow/execute", "/flow/consume" })
            Envelope.Refused(await app.SendAsync(HttpMethod.Post, path, holder, Body(HttpMethod.Post, path, id)), 503, "ServiceUnavailable", "SQL is unavailable");
    }

    private static readonly (HttpMethod Method, string Path)[] NeedSql =
    [
        (HttpMethod.Post, "/flow/tokens"), (HttpMethod.Get, "/flow/tokens"), (HttpMethod.Put, "/flow/tokens/flow_id"), (HttpMethod.Delete, "/flow/tokens/flow_id"),
        (HttpMethod.Get, "/flow/tokens/flow_id/quota/logs"), (HttpMethod.Get, "/flow/quota/cleanup/stats"), (HttpMethod.Post, "/flow/quota/cleanup/trigger"),
        (HttpMethod.Post, "/flow/quota/cleanup/stop"), (HttpMethod.Get, "/flow/quota/verify"),
    ];

    private static string? Body(HttpMethod method, string path, string id) => (method.Method, path) switch
    {
        ("POST", "/flow/tokens") => TokenBody.With("{}"),
        ("PUT", _) => """{"is_active":false}""",
        ("POST", "/flow/execute" or "/flow/codeblock") => """{"code_base64":"cmV0dXJuIDE="}""",
        ("POST", "/flow/quota/verify/mend") => $$"""{"token":"{{id}}","reason":"why"}""",
        ("POST", "/flow/consume") => """{"cost":1}""",
        _ => null,
    };
}
