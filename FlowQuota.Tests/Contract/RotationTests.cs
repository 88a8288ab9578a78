using System.Text.Json;
using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Contract;

/// <summary>Protects POST and DELETE /flow/tokens/{token}/rotate.</summary>
[Collection(ContractTests.Name)]
public sealed class RotationTests(EmbeddedContractApp shared)
{
    private readonly TestApp _app = shared.App;

    [Fact]
    public async Task The_new_secret_is_shown_once_under_the_same_id()
    {
        var old = await _app.CreateTokenAsync();
        Assert.Equal((null, null, null), Rotation(await FindAsync(old)));
        await _app.ConsumeAsync(old, 3);

        var answer = await _app.AdminAsync(HttpMethod.Post, $"/flow/tokens/{old.Full}/rotate");

        var data = Envelope.Data(answer);
        var present = Token(data);
        Assert.Equal((old.Id, 7), (present.Id, data.GetProperty("remaining_quota").GetInt32()));
        Assert.StartsWith(old.Id + "_", present.Full, StringComparison.Ordinal);
        Assert.NotEqual(old.Full, present.Full);
        Assert.Equal((1, data.GetProperty("rotated_at").GetString(), null), Rotation(data));
        Times.AssertNow(data.GetProperty("rotated_at"));
        Envelope.Refused(await _app.ConsumeAsync(old), 401, "AuthenticationError");
        Assert.Equal(6, Envelope.Data(await _app.ConsumeAsync(present)).GetProperty("remaining_quota").GetInt32());
        var found = await FindAsync(old);
        Assert.Equal((1, data.GetProperty("rotated_at").GetString(), null), Rotation(found));
        Assert.Equal(old.Id, found.GetProperty("access_token").GetString());
    }

    [Fact]
    public async Task The_earlier_secret_is_good_until_the_grace_ends_or_is_ended()
    {
        var old = await _app.CreateTokenAsync();
        var data = Envelope.Data(await RotateAsync(old, """{"grace_seconds":2592000}"""));
        Times.AssertAt(DateTime.UtcNow.AddDays(30), data.GetProperty("previous_valid_until"));
        Assert.Equal(data.GetProperty("previous_valid_until").GetString(), (await FindAsync(old)).GetProperty("previous_valid_until").GetString());
        foreach (var token in new[] { old, Token(data) })
            Envelope.Data(await _app.ConsumeAsync(token));

        var ended = Envelope.Data(await _app.AdminAsync(HttpMethod.Delete, $"/flow/tokens/{old.Id}/rotate"));

        Assert.Equal((1, data.GetProperty("rotated_at").GetString(), null), Rotation(ended));
        Assert.Equal(old.Id, ended.GetProperty("access_token").GetString());
        Envelope.Refused(await _app.ConsumeAsync(old), 401, "AuthenticationError");
        Envelope.Data(await _app.ConsumeAsync(Token(data)));
        Envelope.Data(await _app.AdminAsync(HttpMethod.Delete, $"/flow/tokens/{old.Id}/rotate"));
    }

    [Fact]
    public async Task A_repeat_under_a_key_is_the_first_answer_without_the_secret()
    {
        var old = await _app.CreateTokenAsync();
        string path = $"/flow/tokens/{old.Id}/rotate";
        var first = await _app.SendAsync(HttpMethod.Post, path, TestApp.AdminToken, "{}", idempotencyKey: "rotate-1");
        var again = await _app.SendAsync(HttpMethod.Post, path, TestApp.AdminToken, "{}", idempotencyKey: "rotate-1");

        Assert.Equal((200, null), (again.Status, again.Data.GetProperty("access_token").GetString()));
        Assert.Contains("rotate again", again.Body.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(Rotation(first.Data), Rotation(again.Data));
        Assert.Equal("true", Envelope.Header(again, "Idempotent-Replayed"));
        Envelope.Refused(
            await _app.SendAsync(HttpMethod.Post, path, TestApp.AdminToken, """{"grace_seconds":1}""", idempotencyKey: "rotate-1"), 422, "IdempotencyMismatch");
        Envelope.Data(await _app.ConsumeAsync(Token(first.Data)));
    }

    [Theory]
    [InlineData("""{"grace_seconds":-1}""", "grace_seconds")]
    [InlineData("""{"grace_seconds":2592001}""", "grace_seconds")]
    [InlineData("""{"grace_seconds":1.5}""", "grace_seconds")]
    [InlineData("""{"grace_seconds":"60"}""", "grace_seconds")]
    [InlineData("""{"grace":60}""", "grace")]
    [InlineData("[]", "body")]
    public async Task A_wrong_field_is_named_and_the_secret_stays(string body, string named)
    {
        var token = await _app.CreateTokenAsync();
        Envelope.Invalid(await RotateAsync(token, body), named);
        Envelope.Data(await _app.ConsumeAsync(token));
    }

    [Fact]
    public async Task Only_admins_rotate_and_only_tokens_that_exist()
    {
        var token = await _app.CreateTokenAsync();
        Envelope.Refused(await _app.SendAsync(HttpMethod.Post, $"/flow/tokens/{token.Id}/rotate", token.Full), 401, "AuthenticationError");
        Envelope.Refused(await _app.AdminAsync(HttpMethod.Get, $"/flow/tokens/{token.Id}/rotate"), 405, "MethodNotAllowed");
        await _app.AdminAsync(HttpMethod.Delete, $"/flow/tokens/{token.Id}");
        foreach (var method in new[] { HttpMethod.Post, HttpMethod.Delete })
        {
            Envelope.Refused(await _app.AdminAsync(method, $"/flow/tokens/{token.Id}/rotate"), 404, "NotFound");
            Envelope.Refused(await _app.AdminAsync(method, "/flow/tokens/flow_nobody/rotate"), 404, "NotFound");
        }
    }

    private Task<TestAnswer> RotateAsync(TestToken token, string body) => _app.AdminAsync(HttpMethod.Post, $"/flow/tokens/{token.Id}/rotate", body);

    private async Task<JsonElement> FindAsync(TestToken token) =>
        Envelope.Data(await _app.AdminAsync(HttpMethod.Get, $"/flow/tokens?token={token.Id}")).GetProperty("tokens")[0];

    private static TestToken Token(JsonElement view) => new(view.GetProperty("access_token").GetString()!, view.GetProperty("token_id").GetString()!);

    // What does not apply is left out, so that answers about other tokens stay as they were.
    private static (int?, string?, string?) Rotation(JsonElement view) =>
        (view.TryGetProperty("rotation", out var number) ? number.GetInt32() : null, Text(view, "rotated_at"), Text(view, "previous_valid_until"));

    private static string? Text(JsonElement view, string name) => view.TryGetProperty(name, out var value) ? value.GetString() : null;
}
