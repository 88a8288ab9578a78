using System.Text;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Contract;
using Xunit;

namespace FlowQuota.Tests.Fuzzing;

/// <summary>
/// Pins the responses without the envelope. The server refuses a request that is not HTTP before our code runs. Its response
/// is a status and nothing else, ends the connection, and costs nothing.
/// </summary>
[Collection(ContractTests.Name)]
public sealed class BareAnswerTests(EmbeddedContractApp shared)
{
    private readonly TestApp _app = shared.App;

    [Theory]
    [InlineData("GET /flow/%00/quota HTTP/1.1\nHost: a\n\n", 400)]
    [InlineData("GET /flow /quota HTTP/1.1\nHost: a\n\n", 400)]
    [InlineData("GET flow/quota HTTP/1.1\nHost: a\n\n", 400)]
    [InlineData("GET /flow/\u00e9 HTTP/1.1\nHost: a\n\n", 400)]
    [InlineData("POST /flow/consume HTTP/1.1\n\n", 400)]
    [InlineData("POST /flow/consume HTTP/1.1\nHost: a\nHost: b\n\n", 400)]
    [InlineData("POST /flow/consume HTTP/1.1\nHost: a b\n\n", 400)]
    [InlineData("POST /flow/consume HTTP/1.1\nHost: a\nno colon\n\n", 400)]
    [InlineData("POST /flow/consume HTTP/1.1\nHost: a\nX Y: z\n\n", 400)]
    [InlineData("POST /flow/consume HTTP/1.1\nHost: a\nX: a\0b\n\n", 400)]
    [InlineData("POST /flow/consume HTTP/1.1\nHost: a\nX: a\n folded\n\n", 400)]
    [InlineData("POST /flow/consume HTTP/1.1\nHost: a\nContent-Length: -1\n\n", 400)]
    [InlineData("POST /flow/consume HTTP/1.1\nHost: a\nContent-Length: 1\nContent-Length: 2\n\n", 400)]
    [InlineData("POST /flow/consume HTTP/1.1\nHost: a\nTransfer-Encoding: chunked, identity\n\n", 400)]
    [InlineData("POST /flow/consume HTTP/9.9\nHost: a\n\n", 505)]
    [InlineData("\u0016\u0003\u0001\n\n", 400)]
    public async Task What_is_no_HTTP_gets_a_status_and_nothing_else(string text, int status)
    {
        byte[] wire = Encoding.UTF8.GetBytes(text.Replace("\n", "\r\n", StringComparison.Ordinal));
        var answer = await RawHttp.SendAsync(_app.Client.BaseAddress!, wire);
        Assert.Equal(status, answer?.Status);
        Assert.Empty(answer!.Body);
        Assert.Equal(["Connection", "Content-Length", "Date"], answer.Headers.Select(header => header.Name).Except(["Allow"]).Order());
        Assert.Equal(["close"], answer.Values("Connection"));
        Assert.Equal(200, (await _app.SendAsync(HttpMethod.Get, "/health", null)).Status);
    }

    [Theory]
    [InlineData("ffffffffffffffff\r\n{}\r\n0\r\n\r\n")]
    [InlineData("zz\r\n{}\r\n0\r\n\r\n")]
    [InlineData("-2\r\n{}\r\n0\r\n\r\n")]
    [InlineData("2\r\n{}xx0\r\n\r\n")]
    public async Task A_body_in_bad_chunks_is_400_in_the_envelope_and_takes_nothing(string chunks)
    {
        var token = await _app.CreateTokenAsync();
        int before = _app.Log.Lines.Count;
        foreach (string path in new[] { "/flow/consume", "/flow/execute" })
        {
            var request = new FuzzRequest("POST", path, chunks) { Framing = "Transfer-Encoding: chunked\r\n" };
            request.Headers.Add(("Authorization", $"Bearer {token.Full}"));
            var answer = await RawHttp.SendAsync(_app.Client.BaseAddress!, request.ToWire());
            Envelope.Refused(answer!.Parse(), 400, "ValidationError", "not well-formed HTTP");
        }

        await AppLedger.AssertUntouchedAsync(_app, token);
        Assert.DoesNotContain(_app.Log.Lines.Skip(before), line => line.StartsWith("Error:", StringComparison.Ordinal));
    }
}
