using System.Globalization;
using System.Text.Json;
using FlowQuota.Client.Transport;
using Microsoft.AspNetCore.Http;

namespace FlowQuota.Client.Middleware;

/// <summary>Answers a request that may not pass, in the envelope of the API.</summary>
internal static class RefusalResponse
{
    /// <summary>401 or 429, with FlowQuota's own error and headers.</summary>
    public static Task WriteAsync(HttpContext context, Reply reply)
    {
        RateLimitHeaders.Copy(reply, context.Response.Headers);
        return WriteAsync(context, (int)reply.Status, reply.RequestId, reply.RetryAfter, reply.Body);
    }

    /// <summary>401: the request presents no token, or none that could be one.</summary>
    public static Task WriteNoTokenAsync(HttpContext context) => WriteAsync(
        context, StatusCodes.Status401Unauthorized, context.TraceIdentifier, retryAfter: null,
        Error("AuthenticationError", "An access token is needed.", context.TraceIdentifier));

    /// <summary>503: FlowQuota could not decide.</summary>
    public static Task WriteUnavailableAsync(HttpContext context, string requestId, TimeSpan? retryAfter) => WriteAsync(
        context, StatusCodes.Status503ServiceUnavailable, requestId, retryAfter ?? TimeSpan.FromSeconds(1),
        Error("ServiceUnavailable", "The quota cannot be checked now; try again later.", requestId));

    private static ReadOnlyMemory<byte> Error(string type, string message, string requestId) => JsonSerializer.SerializeToUtf8Bytes(
        new Envelope { Success = false, Error = new ErrorBody { Type = type, Message = message }, RequestId = requestId }, ClientJson.Default.Envelope);

    private static async Task WriteAsync(HttpContext context, int status, string requestId, TimeSpan? retryAfter, ReadOnlyMemory<byte> body)
    {
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = "application/json; charset=utf-8";
        response.ContentLength = body.Length;
        response.Headers.CacheControl = "no-store";
        response.Headers["X-Request-ID"] = requestId;
        if (status == StatusCodes.Status401Unauthorized)
            response.Headers.WWWAuthenticate = "Bearer";
        if (retryAfter is { } wait)
            response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        if (!HttpMethods.IsHead(context.Request.Method))
            await response.Body.WriteAsync(body, context.RequestAborted).ConfigureAwait(false);
    }
}
