using System.Collections.Concurrent;
using System.Net;
using System.Text;

namespace FlowQuota.Tests.Client;

/// <summary>A FlowQuota that misbehaves on demand: each request gets the next reply of a script. It keeps what it received.</summary>
/// <param name="time">The clock whose time it notes.</param>
/// <param name="replies">The replies; the last is repeated. One that throws is a connection that is lost.</param>
internal sealed class ScriptedReplies(TimeProvider time, params Func<HttpResponseMessage>[] replies) : HttpMessageHandler
{
    public const string Consumed = """{"success":true,"data":{"quota_type":"count","total_quota":10,"remaining_quota":9},"message":"","request_id":"r"}""";

    private readonly ConcurrentQueue<ReceivedTry> _tries = new();
    private int _next;

    /// <summary>All requests, in their order.</summary>
    public IReadOnlyList<ReceivedTry> Tries => [.. _tries];

    public static HttpResponseMessage Json(HttpStatusCode status, string body, string? retryAfter = null)
    {
        var response = new HttpResponseMessage(status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        if (retryAfter is not null)
            response.Headers.TryAddWithoutValidation("Retry-After", retryAfter);
        return response;
    }

    public static HttpResponseMessage Refused(HttpStatusCode status, string type, string? retryAfter = null) =>
        Json(status, $$"""{"success":false,"error":{"type":"{{type}}","message":"No."},"request_id":"r"}""", retryAfter);

    public static HttpResponseMessage Away(string? retryAfter = null) => Refused(HttpStatusCode.ServiceUnavailable, "ServiceUnavailable", retryAfter);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        string? Header(string name) => request.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : null;
        string body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
        _tries.Enqueue(new ReceivedTry(time.GetUtcNow(), request.RequestUri!, Header("Authorization"), Header("Idempotency-Key"), Header("X-Request-ID"), body));
        cancellationToken.ThrowIfCancellationRequested();
        return replies[Math.Min(Interlocked.Increment(ref _next), replies.Length) - 1]();
    }
}
