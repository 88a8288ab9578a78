using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Contract;
using FlowQuota.Tests.Crash;
using FlowQuota.Tests.Servers;
using Xunit;

namespace FlowQuota.Tests.Gateways;

/// <summary>
/// Protects services behind a gateway that is configured as in docs/gateways.md: the charges, the calls that pass, the headers
/// that the service may trust, and the responses that clients read.
/// </summary>
public abstract class GatewaySuite(GatewayWorld world) : IAsyncLifetime
{
    private const int UploadBytes = 64 * 1024 * 1024;

    private Gateway? _gateway;

    private TestApp App => world.App;

    private Gateway Gateway => _gateway!;

    public async Task InitializeAsync() => _gateway = await StartAsync(world.Port, isPatient: true);

    public async Task DisposeAsync()
    {
        if (_gateway is not null)
            await _gateway.DisposeAsync();
    }

    [SuiteFact]
    public async Task A_call_that_passes_is_charged_once_and_reaches_the_service_as_it_was_sent()
    {
        var token = await App.CreateTokenAsync(TokenBody.With("""{"ws_id":"a \"b\" 队"}"""));
        int left = 10;
        foreach (string method in new[] { "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS" })
        {
            var content = method is "GET" ? null : new StringContent($"body of {method}", Encoding.UTF8, "text/x-own");

            var call = await Gateway.PassAsync(token.Full, "/orders/a%20b?cost=0&unavailable=allow&x=1", method, content, headers: [("X-Own", "kept"), ("Cookie", "a=b")]);

            Assert.Equal((method, "/orders/a%20b?cost=0&unavailable=allow&x=1", "kept", "a=b"),
                (call.Method, Uri.UnescapeDataString(call.Target).Replace("a b", "a%20b", StringComparison.Ordinal), call.Headers["x-own"], call.Headers["cookie"]));
            Assert.Equal(Sha256(method is "GET" ? "" : $"body of {method}"), call.Digest);
            Assert.Equal(
            [
                $"x-flowquota-remaining: {--left}", $"x-flowquota-request-id: {call.Headers["x-request-id"]}", $"x-flowquota-token-id: {token.Id}",
                "x-flowquota-workspace: a%20\"b\"%20%E9%98%9F",
            ], call.FlowQuotaHeaders);
        }

        using var head = new HttpRequestMessage(HttpMethod.Head, "/");
        Assert.Equal((200, ""), await StatusAndTextAsync(token.Full, "HEAD"));
        Assert.Equal(3, await AppLedger.RemainingAsync(App, token));
        Assert.Equal(8, (await AppLedger.RowsAsync(App, token)).Count);
    }

    [SuiteFact]
    public async Task The_older_header_of_a_token_is_known_to_the_gateway()
    {
        var token = await App.CreateTokenAsync();
        await Gateway.PassAsync(null, headers: [("accessToken", token.Full)]);
        Assert.Equal(9, await AppLedger.RemainingAsync(App, token));
    }

    [SuiteFact]
    public async Task What_a_client_forges_does_not_reach_the_service_whatever_FlowQuota_reports()
    {
        string[] names = ["Token-Id", "Workspace", "Remaining", "Request-Id", "Unmetered", "Status"];
        (string, string)[] forged =
        [
            .. names.Select(name => ($"X-FlowQuota-{name}", "forged")), .. names.Select(name => ($"x-flowquota-{name}".ToLowerInvariant(), "forged")),
            .. names.Select(name => ($"X_FlowQuota_{name}".Replace('-', '_'), "forged")), ("X-FlowQuota_Token-Id", "forged"),
        ];
        var counted = await App.CreateTokenAsync();
        // A token without a quota has no X-FlowQuota-Remaining to replace a forged one.
        var timed = await App.CreateTokenAsync(TokenBody.Time());

        var call = await Gateway.PassAsync(counted.Full, headers: forged);
        Assert.Equal(["x-flowquota-remaining: 9", $"x-flowquota-request-id: {call.Headers["x-request-id"]}", $"x-flowquota-token-id: {counted.Id}", "x-flowquota-workspace: ws"],
            call.FlowQuotaHeaders);
        call = await Gateway.PassAsync(timed.Full, headers: forged);
        Assert.Equal([$"x-flowquota-request-id: {call.Headers["x-request-id"]}", $"x-flowquota-token-id: {timed.Id}", "x-flowquota-workspace: ws"], call.FlowQuotaHeaders);
    }

    [SuiteFact]
    public async Task A_client_cannot_call_for_free_by_an_id_or_a_query_of_its_own()
    {
        var token = await App.CreateTokenAsync();
        for (int left = 9; left >= 6; left--)
        {
            var call = await Gateway.PassAsync(token.Full, "/?cost=0&dedupe=request_id&unavailable=allow", requestId: "always-the-same",
                headers: [("X-Original-URI", "/?cost=0"), ("X-Forwarded-Uri", "/?cost=0")]);
            Assert.NotEqual("always-the-same", call.Headers["x-request-id"]);
            Assert.Equal(left, await AppLedger.RemainingAsync(App, token));
        }

        Assert.Equal(4, (await AppLedger.RowsAsync(App, token)).Skip(1).Select(row => row.GetProperty("request_id").GetString()).Distinct().Count());
    }

    [SuiteFact]
    public async Task Without_a_good_token_a_call_is_401_and_does_not_reach_the_service()
    {
        var token = await App.CreateTokenAsync();
        int before = world.Service.Calls;

        foreach (string? presented in new[] { null, "x", token.Full[..^1], TestApp.AdminToken })
        {
            foreach (string method in new[] { "GET", "POST", "OPTIONS" })
            {
                var answer = await Gateway.SendAsync(presented, method: method,
                    headers: [("Origin", "https://app.example.com"), ("Access-Control-Request-Method", "GET")]);
                Assert.Equal((401, "Bearer", "AuthenticationError"), (answer.Status, answer.Header("WWW-Authenticate"), Type(answer)));
            }
        }

        Assert.Equal(before, world.Service.Calls);
        await AppLedger.AssertUntouchedAsync(App, token);
    }

    [SuiteFact]
    public async Task A_spent_quota_is_429_without_and_a_spent_rate_limit_with_a_time_to_come_back()
    {
        var spent = await App.CreateTokenAsync(TokenBody.With("""{"total_quota":1}"""));
        var limited = await App.CreateTokenAsync(TokenBody.With("""{"rate_limit_per_minute":1,"rate_limit_window_seconds":3600}"""));
        await Gateway.PassAsync(spent.Full);
        await Gateway.PassAsync(limited.Full);
        int before = world.Service.Calls;

        var answer = await Gateway.SendAsync(spent.Full, method: "POST", content: new StringContent("x"));
        Assert.Equal((429, null, "QuotaExceeded", "\"quota\";r=0"), (answer.Status, answer.Header("Retry-After"), Type(answer), answer.Header("RateLimit")));
        answer = await Gateway.SendAsync(limited.Full);
        Assert.Equal((429, "TokenRateLimitError"), (answer.Status, Type(answer)));
        Assert.Matches("^3[0-9]{3}$", answer.Header("Retry-After"));

        Assert.Equal(before, world.Service.Calls);
        Assert.Equal(9, await AppLedger.RemainingAsync(App, limited));
    }

    [SuiteFact]
    public async Task Invariant1_Of_a_thousand_calls_at_once_a_quota_of_a_hundred_lets_a_hundred_pass()
    {
        var token = await App.CreateTokenAsync(TokenBody.With("""{"total_quota":100}"""));
        int before = world.Service.Calls;

        var answers = await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => Gateway.SendAsync(token.Full)));

        Assert.Equal([(200, 100), (429, 900)], answers.CountBy(answer => answer.Status).Select(count => (count.Key, count.Value)).Order());
        Assert.Equal(100, world.Service.Calls - before);
        Assert.Equal(101, (await AppLedger.RowsAsync(App, token)).Count);
    }

    [SuiteFact]
    public async Task A_sub_request_that_the_gateway_repeats_because_its_answer_was_lost_is_charged_once()
    {
        var token = await App.CreateTokenAsync();
        await using var lossy = new TcpProxy(world.Port);
        await using var gateway = await StartAsync(lossy.Port, isPatient: false);
        // The connection, and work of the first run.
        await Eventually.TrueAsync(async () => (await gateway.SendAsync(token.Full)).Status == 200);
        int left = await AppLedger.RemainingAsync(App, token);

        lossy.LosesReplies = true;
        var sent = gateway.PassAsync(token.Full);
        await Eventually.TrueAsync(async () => await AppLedger.RemainingAsync(App, token) == left - 1);
        lossy.LosesReplies = false;
        var call = await sent;

        Assert.Equal(left - 1, await AppLedger.RemainingAsync(App, token));
        Assert.Contains($"x-flowquota-remaining: {left - 1}", call.FlowQuotaHeaders);
        Assert.Equal(call.Headers["x-request-id"], (await AppLedger.LastRowAsync(App, token)).GetProperty("request_id").GetString());
    }

    [SuiteFact]
    public async Task While_FlowQuota_does_not_answer_calls_are_503_or_pass_unmetered_as_configured()
    {
        int nobody = FreePort.Next();
        int before = world.Service.Calls;
        await using (var denying = await StartAsync(nobody, isPatient: false))
        {
            foreach (string? token in new[] { null, "flow_x" })
                AssertUnavailable(await denying.SendAsync(token, method: "POST", content: new StringContent("x")));
        }

        Assert.Equal(before, world.Service.Calls);
        await using var passing = await StartAsync(nobody, isPatient: false, passes: true);
        AssertUnmetered(await passing.PassAsync("flow_x", "/a?b=c", "POST", new StringContent("kept"), headers: [("X-FlowQuota-Token-Id", "forged")]), "kept");
    }

    [SuiteFact]
    public async Task While_FlowQuota_has_no_Redis_calls_are_503_or_pass_unmetered_as_configured()
    {
        await using var redis = await OwnRedis.StartForgetfulAsync();
        await using var stores = TestWorld.Embedded();
        var app = await stores.StartAppAsync(("REDIS_CONNECTION", redis.Connection), ("REDIS_TIMEOUT_MS", "500"));
        var token = await app.CreateTokenAsync();
        await using var denying = await StartAsync(app.Client.BaseAddress!.Port, isPatient: true);
        await using var passing = await StartAsync(app.Client.BaseAddress!.Port, isPatient: true, passes: true);
        await Eventually.TrueAsync(async () => (await passing.PassAsync(token.Full)).FlowQuotaHeaders.Count() == 4);
        await redis.KillAsync();
        try
        {
            await AssertAwayAsync(app, token, denying, passing);
        }
        finally
        {
            await redis.StartAgainAsync();
        }
    }

    private async Task AssertAwayAsync(TestApp app, TestToken token, Gateway denying, Gateway passing)
    {
        AssertUnavailable(await denying.SendAsync(token.Full));
        var call = await passing.PassAsync(token.Full, "/", "POST", new StringContent("kept"));

        Assert.Equal([$"x-flowquota-request-id: {call.Headers["x-request-id"]}", $"x-flowquota-token-id: {token.Id}", "x-flowquota-unmetered: 1"], call.FlowQuotaHeaders);
        Assert.Equal(Sha256("kept"), call.Digest);
        // Made up, so it is refused without any store.
        Assert.Equal(401, (await passing.SendAsync("flow_x")).Status);
        Assert.Contains(app.Log.Lines, line => line.Contains("pass unmetered", StringComparison.Ordinal));
    }

    [SuiteFact]
    public async Task A_WebSocket_is_upgraded_and_charged_once()
    {
        var token = await App.CreateTokenAsync(TokenBody.With("""{"total_quota":1}"""));
        using (var socket = await Gateway.ConnectAsync(token))
        {
            Assert.Equal(token.Id, await ReceiveAsync(socket));
            for (int i = 0; i < 3; i++)
            {
                await socket.SendAsync(Encoding.UTF8.GetBytes($"message {i}"), WebSocketMessageType.Text, endOfMessage: true, default);
                Assert.Equal($"message {i}", await ReceiveAsync(socket));
            }

            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default);
        }

        var refused = await Assert.ThrowsAsync<WebSocketException>(() => Gateway.ConnectAsync(token));
        Assert.Contains("429", refused.Message, StringComparison.Ordinal);
    }

    [SuiteFact]
    public async Task An_upload_of_64_MB_passes_untouched_with_a_length_and_in_chunks()
    {
        var token = await App.CreateTokenAsync();
        byte[] upload = new byte[UploadBytes];
        new Random(1).NextBytes(upload);
        foreach (bool isChunked in new[] { false, true })
        {
            using var content = new StreamContent(new MemoryStream(upload));
            content.Headers.ContentLength = isChunked ? null : UploadBytes;

            var call = await Gateway.PassAsync(token.Full, "/upload", "PUT", content, headers: isChunked ? [("Transfer-Encoding", "chunked")] : []);

            Assert.Equal((UploadBytes, Convert.ToHexStringLower(SHA256.HashData(upload))), (call.Bytes, call.Digest));
        }

        Assert.Equal(8, await AppLedger.RemainingAsync(App, token));
    }

    /// <summary>The files of the configuration, as the page has them.</summary>
    /// <param name="passes">True for those that let calls pass while FlowQuota is away.</param>
    protected abstract IEnumerable<(string Name, string Text)> Files(bool passes);

    /// <summary>Moves a file's gateway to a port of the loopback, in place of the page's 8000.</summary>
    protected abstract string Listen(string text, int port);

    /// <summary>Gives sub-requests more time, because the machine may be busy.</summary>
    protected abstract string Patient(string text);

    /// <summary>Starts the program on the files in a folder.</summary>
    protected abstract OwnProcess Launch(string folder);

    private async Task<Gateway> StartAsync(int flowQuota, bool isPatient, bool passes = false)
    {
        string folder = Directory.CreateTempSubdirectory("flowquota-gateway-").FullName;
        int port = FreePort.Next();
        foreach (var (name, text) in Files(passes))
        {
            string own = Listen(text, port).Replace("127.0.0.1:7071", $"127.0.0.1:{flowQuota}", StringComparison.Ordinal)
                .Replace("127.0.0.1:8080", world.Service.Address, StringComparison.Ordinal);
            await File.WriteAllTextAsync(Path.Combine(folder, name), isPatient ? Patient(own) : own);
        }

        var gateway = new Gateway(Launch(folder), port, folder);
        try
        {
            await gateway.ListensAsync();
            return gateway;
        }
        catch
        {
            await gateway.DisposeAsync();
            throw;
        }
    }

    private async Task<(int, string)> StatusAndTextAsync(string token, string method)
    {
        var answer = await Gateway.SendAsync(token, method: method);
        return (answer.Status, answer.Text);
    }

    private static void AssertUnavailable(GatewayAnswer answer) =>
        Assert.Equal((503, "1", "ServiceUnavailable"), (answer.Status, answer.Header("Retry-After"), Type(answer)));

    private static void AssertUnmetered(ReceivedCall call, string body)
    {
        Assert.Contains("x-flowquota-unmetered: 1", call.FlowQuotaHeaders);
        Assert.DoesNotContain(call.FlowQuotaHeaders, header => header.Contains("forged", StringComparison.Ordinal));
        Assert.Equal(Sha256(body), call.Digest);
    }

    private static string? Type(GatewayAnswer answer) =>
        answer.Text.Split("\"type\":\"").Skip(1).Select(rest => rest.Split('"')[0]).FirstOrDefault();

    private static async Task<string> ReceiveAsync(ClientWebSocket socket)
    {
        byte[] buffer = new byte[1024];
        var message = await socket.ReceiveAsync(buffer.AsMemory(), default);
        return Encoding.UTF8.GetString(buffer, 0, message.Count);
    }

    private static string Sha256(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
