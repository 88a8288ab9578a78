using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Contract;
using FlowQuota.Tests.Servers;
using Xunit;

namespace FlowQuota.Tests.Fuzzing;

/// <summary>Protects SQL, the scripts in Redis and the audit events against injection, in every field.</summary>
public abstract class InjectionSuite : IAsyncLifetime
{
    private TestWorld? _world;
    private TestApp _app = null!;
    private string _schema = "";

    protected abstract Task<TestWorld> CreateWorldAsync();

    public async Task InitializeAsync()
    {
        _world = await CreateWorldAsync();
        _app = await ContractApp.StartAsync(_world);
        _schema = await StoredSchema.ReadAsync(_app.Sql);
    }

    public async Task DisposeAsync()
    {
        if (_world is not null)
            await _world.DisposeAsync();
    }

    [SuiteFact]
    public async Task What_is_stored_comes_back_as_it_was_sent_and_is_found_by_nothing_else()
    {
        var rows = await StoredSchema.CountAsync(_app.Sql);
        var tokens = new List<(TestToken Token, string Text, string Email)>();
        foreach (string text in HostileTexts.Storable)
        {
            string email = $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"@example.com";
            object fields = new { ws_id = text, email, operation = "unlimited", quota_type = "count", total_quota = 10 };
            if ((await _app.AdminAsync(HttpMethod.Post, "/flow/tokens", fields)).Status != 200)
                email = "a@example.com";
            else
                rows = rows with { Tokens = rows.Tokens + 1, Records = rows.Records + 1 };
            var token = await _app.CreateTokenAsync(
            new { ws_id = text + "|", email, operation = "unlimited", quota_type = "count", total_quota = 10 });
            tokens.Add((token, text + "|", email));
            Assert.Equal(9, Envelope.Data(await _app.ConsumeAsync(token)).GetProperty("remaining_quota").GetInt32());
        }

        await _app.DrainAsync();
        foreach (var (token, text, email) in tokens)
        {
            var found = Envelope.Data(await _app.AdminAsync(
                HttpMethod.Get, $"/flow/tokens?ws_id={Uri.EscapeDataString(text)}&email={Uri.EscapeDataString(email)}"));
            var only = Assert.Single(found.GetProperty("tokens").EnumerateArray());
            Assert.Equal(
                (token.Id, text, email),
                (only.GetProperty("token_id").GetString(), only.GetProperty("ws_id").GetString(), only.GetProperty("email").GetString()));
            foreach (var row in await AppLedger.RowsAsync(_app, token))
                Assert.Equal((text, email), (row.GetProperty("ws_id").GetString(), row.GetProperty("email").GetString()));
            await StoredLedger.ReadWholeAsync(_app.Sql, token.Id);
        }

        Assert.Contains(tokens, token => token.Email.Contains("redis.call", StringComparison.Ordinal));
        Assert.Equal((rows.Tokens + tokens.Count, rows.Records + (2 * tokens.Count), 0), await StoredSchema.CountAsync(_app.Sql));
        Assert.Equal(_schema, await StoredSchema.ReadAsync(_app.Sql));
    }

    [SuiteFact]
    public async Task Every_query_parameter_and_path_takes_a_hostile_text_for_a_text()
    {
        var token = await _app.CreateTokenAsync();
        var rows = await StoredSchema.CountAsync(_app.Sql);
        foreach (string text in HostileTexts.All)
        {
            string hostile = Uri.EscapeDataString(text);
            foreach (string path in new[]
            {
                $"/flow/tokens?token={hostile}", $"/flow/tokens?ws_id={hostile}", $"/flow/tokens?email={hostile}",
                $"/flow/tokens?page={hostile}", $"/flow/tokens?page_size={hostile}",
                $"/flow/tokens/{token.Id}/quota/logs?start_date={hostile}", $"/flow/tokens/{token.Id}/quota/logs?end_date={hostile}",
                $"/flow/tokens/{token.Id}/quota/logs?action={hostile}",
                $"/flow/usage?ws_id={hostile}", $"/flow/usage?meter={hostile}", $"/flow/usage?group_by={hostile}", $"/flow/usage?time_zone={hostile}",
                $"/flow/usage/statement?token={token.Id}&from={hostile}", $"/flow/quota/verify?token={hostile}", $"/flow/quota/verify?after={hostile}", $"/flow/quota/verify?page_size={hostile}",
            })
            {
                AssertTaken(await _app.AdminAsync(HttpMethod.Get, path), path);
            }

            // Nothing is another path; a server refuses a NUL in one by itself, and takes dots for one of its own.
            if (text.Length == 0 || text.Contains('\0', StringComparison.Ordinal) || text.Contains("..", StringComparison.Ordinal))
                continue;
            AssertTaken(await _app.AdminAsync(HttpMethod.Get, $"/flow/tokens/{hostile}/quota"), text);
            AssertTaken(await _app.AdminAsync(HttpMethod.Get, $"/flow/tokens/{hostile}/quota/logs"), text);
            AssertTaken(await _app.AdminAsync(HttpMethod.Delete, $"/flow/tokens/{hostile}"), text);
            AssertTaken(await _app.AdminAsync(HttpMethod.Put, $"/flow/tokens/{hostile}", new { is_active = false }), text);
        }

        Assert.Equal(rows, await StoredSchema.CountAsync(_app.Sql));
        Assert.Equal(_schema, await StoredSchema.ReadAsync(_app.Sql));
        await AppLedger.AssertUntouchedAsync(_app, token);
    }

    [SuiteFact]
    public async Task Every_text_in_a_body_or_header_takes_a_hostile_text_for_a_text()
    {
        var token = await _app.CreateTokenAsync(new { ws_id = "ws", email = "a@example.com", operation = "unlimited", quota_type = "count", total_quota = 1000 });
        int admitted = 0;
        foreach (string text in HostileTexts.All)
        {
            foreach (string field in new[] { "email", "operation", "specific_date", "quota_type" })
            {
                var fields = new Dictionary<string, object>
                {
                    ["ws_id"] = "ws",
                    ["email"] = "a@example.com",
                    ["operation"] = "set",
                    ["specific_date"] = "2099-01-01",
                    [field] = text,
                };
                AssertTaken(await _app.AdminAsync(HttpMethod.Post, "/flow/tokens", fields), text);
            }

            AssertTaken(
                await _app.AdminAsync(HttpMethod.Put, $"/flow/tokens/{token.Id}", new { quota_operation = text, quota_amount = 1 }), text, isRefused: true);
            AssertTaken(await _app.AdminAsync(HttpMethod.Post, "/flow/quota/verify/mend", new { token = text, reason = text }), text, isRefused: true);
            AssertTaken(await _app.SendAsync(HttpMethod.Post, "/flow/execute", token.Full, new { code_base64 = text + "*" }), text, isRefused: true);
            AssertTaken(
                await _app.SendAsync(HttpMethod.Post, "/flow/consume", token.Full, new Dictionary<string, object> { [text] = 1 }), text, isRefused: true);

            var ran = await _app.SendAsync(HttpMethod.Post, "/flow/execute", token.Full,
                new { code_base64 = Convert.ToBase64String("console.log(input); return input"u8), input = text });
            Assert.Equal((200, text, text), (ran.Status, ran.Body.GetProperty("result").GetString(), ran.Body.GetProperty("logs")[0].GetString()));
            var threw = await _app.SendAsync(HttpMethod.Post, "/flow/execute", token.Full,
                new { code_base64 = Convert.ToBase64String("throw new Error(input)"u8), input = text });
            Assert.Equal(400, threw.Status);
            admitted += 2;
        }

        var rows = await AppLedger.RowsAsync(_app, token);
        Assert.Equal(1 + admitted, rows.Count);
        var messages = rows.Select(row => row.GetProperty("execution_error_message").GetString()).ToHashSet();
        foreach (string text in HostileTexts.All.Where(text => text.Length < 400))
            Assert.Contains(text.Length == 0 ? "Error" : $"Error: {text}", messages);
        Assert.Equal(_schema, await StoredSchema.ReadAsync(_app.Sql));
        Assert.Equal(0, (await StoredSchema.CountAsync(_app.Sql)).DeadLetters);
    }

    private static void AssertTaken(TestAnswer answer, string what, bool isRefused = false)
    {
        Assert.True(answer.Status is 400 or 404 || (answer.Status == 200 && !isRefused), $"{answer.Status} for {what}: {answer.Body}");
        Envelope.Check(answer);
    }
}
