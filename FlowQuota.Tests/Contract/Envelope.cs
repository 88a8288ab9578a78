using System.Text.Json;
using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Contract;

/// <summary>Checks the parts that every response must have, and some optional ones.</summary>
internal static class Envelope
{
    /// <summary>Checks a success; returns its <c>data</c>.</summary>
    public static JsonElement Data(TestAnswer answer)
    {
        Assert.True(answer.Status == 200, $"{answer.Status}: {answer.Body}");
        Check(answer);
        Assert.Equal(["success", "data", "message", "timestamp", "request_id"], Names(answer.Body));
        Assert.True(answer.Body.GetProperty("success").GetBoolean());
        Assert.NotEqual("", answer.Body.GetProperty("message").GetString());
        return answer.Data;
    }

    /// <summary>Checks an error of the service itself; its message starts with, or contains, the expected text.</summary>
    /// <param name="answer">The response.</param>
    /// <param name="status">The expected status.</param>
    /// <param name="type">The expected type.</param>
    /// <param name="says">A part of the message.</param>
    /// <param name="refills">True if the quota refills, so that the response says when.</param>
    public static void Refused(TestAnswer answer, int status, string type, string says = "", bool refills = false)
    {
        Assert.True(answer.Status == status, $"{answer.Status} in place of {status}: {answer.Body}");
        Check(answer);
        Assert.Equal(["error", "request_id", "success", "timestamp"], Names(answer.Body).Where(name => name is not ("timing" or "data")).Order());
        Assert.Equal(["type", "message"], Names(answer.Body.GetProperty("error")).Where(name => name != "reserved_quota" || type != "QuotaExceeded"));
        Assert.False(answer.Body.GetProperty("success").GetBoolean());
        Assert.Equal(type, answer.ErrorType);
        Assert.NotEqual("", answer.ErrorMessage);
        Assert.Contains(says, answer.ErrorMessage!, StringComparison.Ordinal);
        Assert.Equal(status == 401 ? "Bearer" : null, Header(answer, "WWW-Authenticate"));
        Assert.Equal(status == 503 || type is "TokenRateLimitError" or "IdempotencyInProgress" || refills, Header(answer, "Retry-After") is not null);
    }

    /// <summary>A 400 that names the field first.</summary>
    public static void Invalid(TestAnswer answer, string field)
    {
        Refused(answer, 400, "ValidationError");
        Assert.StartsWith(field + " ", answer.ErrorMessage, StringComparison.Ordinal);
    }

    public static string? Header(TestAnswer answer, string name) =>
        answer.Headers.FirstOrDefault(header => string.Equals(header.Key, name, StringComparison.OrdinalIgnoreCase)).Value;

    public static IReadOnlyList<string> Names(JsonElement value) => [.. value.EnumerateObject().Select(property => property.Name)];

    /// <summary>Type, id and time.</summary>
    public static void Check(TestAnswer answer)
    {
        Assert.Equal("application/json; charset=utf-8", Header(answer, "Content-Type"));
        Assert.Equal(Header(answer, "X-Request-ID"), answer.Body.GetProperty("request_id").GetString());
        Times.AssertNow(answer.Body.GetProperty("timestamp"));
    }
}
