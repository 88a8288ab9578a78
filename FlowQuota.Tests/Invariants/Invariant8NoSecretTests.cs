using System.Text;
using Dapper;
using FlowQuota.Sql;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using Xunit;

namespace FlowQuota.Tests.Invariants;

/// <summary>Invariant 8: no secret is at rest in Redis, SQL, their files or the log; whatever callers do with theirs.</summary>
public sealed class Invariant8NoSecretTests
{
    private static readonly string[] Tables = ["access_tokens", "token_quota_logs", "quota_dead_letters", "quota_cleanup_runs", "idempotency_keys"];

    [ServerFact(Redis = true, MySql = true)]
    public async Task Redis_its_file_MySQL_and_the_log_hold_no_secret()
    {
        await using var redis = await OwnRedis.StartDurableAsync();
        await using var world = await TestWorld.RealAsync();
        var app = await world.StartAppAsync(("REDIS_CONNECTION", redis.Connection));

        var tokens = await UseTokensAsync(app);

        var places = new List<(string Place, string Text)>
        {
            ("Redis", await RedisDump.ReadAsync(app.Redis)),
            ("SQL", await DumpAsync(app.Sql)),
            ("log", string.Join('\n', app.Log.Lines)),
        };
        places.AddRange(ReadFiles(redis.Folder));
        places.AddRange(ReadFiles(world.Folder));
        AssertNoSecret(tokens, places);
        // Proves that the search covers the right data: the public id is in all of it.
        Assert.All(places.Take(2), place => Assert.Contains(tokens[0].Id, place.Text, StringComparison.Ordinal));
        Assert.Contains(places, place => place.Place.EndsWith(".aof", StringComparison.Ordinal) && place.Text.Contains(tokens[0].Id, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_files_of_the_embedded_stores_and_the_log_hold_no_secret()
    {
        await using var world = TestWorld.Embedded();
        var app = await world.StartAppAsync();

        var tokens = await UseTokensAsync(app);

        var places = new List<(string Place, string Text)>
        {
            ("Redis", await RedisDump.ReadAsync(app.Redis)),
            ("SQL", await DumpAsync(app.Sql)),
            ("log", string.Join('\n', app.Log.Lines)),
        };
        places.AddRange(ReadFiles(world.Folder));
        AssertNoSecret(tokens, places);
        Assert.Contains(places, place => place.Place.Contains("flowquota.db", StringComparison.Ordinal) && place.Text.Contains(tokens[0].Id, StringComparison.Ordinal));
    }

    /// <summary>Uses tokens in every way, also wrong ones, before and after the outboxes are drained.</summary>
    private static async Task<IReadOnlyList<TestToken>> UseTokensAsync(TestApp app)
    {
        var kept = await app.CreateTokenAsync();
        var deleted = await app.CreateTokenAsync();
        List<TestToken> present = [];
        foreach (var token in new[] { kept, deleted })
        {
            await app.ExecuteAsync(token, "console.log('x'); return 1");
            await app.ExecuteAsync(token, "throw new Error('no')");
            await app.ConsumeAsync(token, 2);
            await app.ConsumeAsync(token, 1000);
            await app.SendAsync(HttpMethod.Get, "/flow/quota", token.Full);
            await app.SendAsync(HttpMethod.Post, "/flow/consume", token.Full, "{");
            // Places for a full token, and places where it does not belong.
            await app.AdminAsync(HttpMethod.Get, $"/flow/tokens?token={token.Full}");
            await app.AdminAsync(HttpMethod.Get, $"/flow/tokens/{token.Full}/quota");
            await app.AdminAsync(HttpMethod.Get, $"/flow/tokens/{token.Full}/quota/logs");
            await app.AdminAsync(HttpMethod.Put, $"/flow/tokens/{token.Full}", new { quota_operation = "add", quota_amount = 5 });
            await app.AdminAsync(HttpMethod.Get, $"/flow/nowhere/{token.Full}");
            await app.SendAsync(HttpMethod.Get, "/flow/tokens", token.Full);
            await app.SendAsync(HttpMethod.Post, "/flow/consume", TestApp.AdminToken);
            using var request = new HttpRequestMessage(HttpMethod.Post, "/flow/consume");
            request.Headers.Add("accessToken", token.Full);
            request.Headers.Add("X-Request-ID", token.Full);
            await app.SendAsync(request);
            present.Add(await RotateAsync(app, token, graceSeconds: 3600));
            present.Add(await RotateAsync(app, token, graceSeconds: 3600));
            await app.ConsumeAsync(present[^1]);
            await app.ConsumeAsync(present[^2]);
            await app.ConsumeAsync(token);
        }

        await app.DrainAsync();
        await app.AdminAsync(HttpMethod.Delete, $"/flow/tokens/{deleted.Full}");
        await app.ConsumeAsync(deleted);
        await app.ConsumeAsync(kept);
        await app.Redis.KeyDeleteAsync([$"quota:{kept.Id}", $"token:{kept.Id}"]);
        await app.ConsumeAsync(kept);
        return [kept, deleted, .. present];
    }

    private static async Task<TestToken> RotateAsync(TestApp app, TestToken token, int graceSeconds)
    {
        var answer = await app.SendAsync(HttpMethod.Post, $"/flow/tokens/{token.Full}/rotate", TestApp.AdminToken, new { grace_seconds = graceSeconds }, idempotencyKey: $"rotate-{Guid.NewGuid():N}");
        return new TestToken(answer.Data.GetProperty("access_token").GetString()!, token.Id);
    }

    private static void AssertNoSecret(IReadOnlyList<TestToken> tokens, IReadOnlyList<(string Place, string Text)> places)
    {
        string[] secrets = [TestApp.AdminToken, TestWorld.Pepper, .. tokens.Select(token => token.Full[(token.Id.Length + 1)..])];
        foreach (var (place, text) in places)
            Assert.True(!secrets.Any(secret => text.Contains(secret, StringComparison.OrdinalIgnoreCase)), $"A secret is in {place}.");
    }

    private static async Task<string> DumpAsync(SqlDialect sql)
    {
        await using var connection = await sql.OpenAsync(default);
        var text = new StringBuilder();
        foreach (string table in Tables)
        {
            foreach (IDictionary<string, object?> row in await connection.QueryAsync($"SELECT * FROM {table}"))
                text.AppendJoin('|', row.Values.Select(value => value is byte[] bytes ? $"{Encoding.Latin1.GetString(bytes)} {Convert.ToHexString(bytes)}" : value)).AppendLine();
        }

        return text.ToString();
    }

    private static IEnumerable<(string Place, string Text)> ReadFiles(string folder) =>
        from file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        // The second is a socket, which holds nothing.
        where Path.GetFileName(file) is not ("lock" or "redis.sock")
        select (file, ReadShared(file));

    private static string ReadShared(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream, Encoding.Latin1);
        return reader.ReadToEnd();
    }
}
