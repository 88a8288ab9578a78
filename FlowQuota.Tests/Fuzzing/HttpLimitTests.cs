using System.Text;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Contract;
using Xunit;

namespace FlowQuota.Tests.Fuzzing;

/// <summary>Protects the limits on size: our own message refuses a request that is too large, up to the server's own limit.</summary>
[Collection(ContractTests.Name)]
public sealed class HttpLimitTests(EmbeddedContractApp shared)
{
    private const int MaxUrl = 8 * 1024;
    private const int MaxHeaders = 16 * 1024;
    private readonly TestApp _app = shared.App;

    [Fact]
    public async Task A_URL_is_at_most_8192_characters_long()
    {
        Assert.Equal(200, (await SendAsync(Get("/health?".PadRight(MaxUrl, 'x'))))!.Status);
        foreach (int length in new[] { MaxUrl + 1, 60_000 })
            Envelope.Invalid((await SendAsync(Get("/health?".PadRight(length, 'x'))))!.Parse(), "URL");
        AssertBare(await SendAsync(Get("/health?".PadRight(70_000, 'x'))), 414);
    }

    [Fact]
    public async Task Headers_are_at_most_16384_characters_long_together()
    {
        const int given = 4 + 9;
        Assert.Equal(200, (await SendAsync(Get("/health", ("X", new string('x', MaxHeaders - given - 1)))))!.Status);
        foreach (int length in new[] { MaxHeaders - given, 100_000 })
            Envelope.Invalid((await SendAsync(Get("/health", ("X", new string('x', length)))))!.Parse(), "headers");
        AssertBare(await SendAsync(Get("/health", ("X", new string('x', 140_000)))), 431);
    }

    [Fact]
    public async Task Many_headers_are_refused_for_their_size_and_not_for_their_number()
    {
        Assert.Equal(200, (await SendAsync(Get("/health", Flood(1_500))))!.Status);
        Envelope.Invalid((await SendAsync(Get("/health", Flood(6_000))))!.Parse(), "headers");
        AssertBare(await SendAsync(Get("/health", Flood(40_000))), 431);

        static (string, string)[] Flood(int count) => [.. Enumerable.Range(0, count).Select(i => ($"X{i}", ""))];
    }

    [Theory]
    [InlineData("POST", "/flow/tokens", 64 * 1024)]
    [InlineData("PUT", "/flow/tokens/{token}", 64 * 1024)]
    [InlineData("POST", "/flow/quota/verify/mend", 8 * 1024)]
    [InlineData("POST", "/flow/consume", 4 * 1024)]
    [InlineData("POST", "/flow/execute", 2 * 1024 * 1024)]
    [InlineData("POST", "/flow/codeblock", 2 * 1024 * 1024)]
    public async Task A_body_over_its_limit_is_413_however_its_length_is_told(string method, string path, int limit)
    {
        var token = await _app.CreateTokenAsync();
        string bearer = path is "/flow/consume" or "/flow/execute" or "/flow/codeblock" ? token.Full : TestApp.AdminToken;
        path = path.Replace("{token}", token.Id, StringComparison.Ordinal);
        foreach (bool isChunked in new[] { false, true })
        {
            // Of the right size it is read, and found to lack this or that.
            Assert.NotEqual(413, (await SendAsync(method, path, bearer, limit, isChunked))!.Status);
            Envelope.Refused((await SendAsync(method, path, bearer, limit + 1, isChunked))!.Parse(), 413, "PayloadTooLarge", $"{limit}");
        }

        // Announced as larger than anything that is read, and never sent.
        foreach (string length in new[] { "4194305", "9223372036854775807" })
        {
            var request = Request(method, path, bearer);
            request.Framing = $"Content-Length: {length}\r\n";
            Envelope.Refused((await SendAsync(request))!.Parse(), 413, "PayloadTooLarge");
        }

        // Consume refuses a body of blanks.
        await AppLedger.AssertUntouchedAsync(_app, token);
    }

    private async Task<RawAnswer?> SendAsync(string method, string path, string bearer, int size, bool isChunked)
    {
        var request = Request(method, path, bearer);
        request.Body = Encoding.ASCII.GetBytes("[]".PadRight(size));
        if (isChunked)
        {
            request.Body = [.. Encoding.ASCII.GetBytes($"{size:x}\r\n"), .. request.Body, .. "\r\n0\r\n\r\n"u8];
            request.Framing = "Transfer-Encoding: chunked\r\n";
        }

        return await SendAsync(request);
    }

    private static FuzzRequest Request(string method, string path, string bearer) => new(method, path)
    {
        Headers = { ("Authorization", $"Bearer {bearer}"), ("Content-Type", "application/json") },
    };

    private static FuzzRequest Get(string target, params (string Name, string Value)[] headers)
    {
        var request = new FuzzRequest("GET", target);
        request.Headers.AddRange(headers);
        return request;
    }

    private static void AssertBare(RawAnswer? answer, int status)
    {
        Assert.Equal(status, answer?.Status);
        Assert.True(answer!.IsBare, answer.Text);
    }

    private Task<RawAnswer?> SendAsync(FuzzRequest request) => RawHttp.SendAsync(_app.Client.BaseAddress!, request.ToWire());
}
