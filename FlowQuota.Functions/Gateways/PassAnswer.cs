using System.Globalization;
using System.Text;
using FlowQuota.Admission;
using FlowQuota.Functions.Http;
using FlowQuota.Tokens;
using Microsoft.AspNetCore.Http;

namespace FlowQuota.Functions.Gateways;

/// <summary>200 without a body, to a gateway: the call may pass. Headers name the token and its remaining units.</summary>
/// <param name="request">The sub-request.</param>
/// <param name="token">The caller's token.</param>
/// <param name="admission">The decision; null if there is none and the call passes unmetered.</param>
internal sealed class PassAnswer(FlowRequest request, PresentedToken token, AdmissionResult? admission) : IResult
{
    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        var headers = response.Headers;
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentLength = 0;
        headers.CacheControl = "no-store";
        headers[RequestIds.Header] = request.Id;
        headers[GatewayHeaders.RequestId] = request.Id;
        headers[GatewayHeaders.TokenId] = token.TokenId;
        if (admission is null)
            headers[GatewayHeaders.Unmetered] = "1";
        else
            Write(headers, admission);
        return Task.CompletedTask;
    }

    private void Write(IHeaderDictionary headers, AdmissionResult admission)
    {
        headers[GatewayHeaders.Workspace] = Visible(admission.WorkspaceId ?? "");
        if (admission.IsRepeat)
            headers["Idempotent-Replayed"] = "true";
        if (admission.Allowance is not { } allowance)
            return;
        if (allowance.Remaining is { } remaining)
            headers[GatewayHeaders.Remaining] = remaining.ToString(CultureInfo.InvariantCulture);
        RateLimitHeaders.Write(headers, allowance, request.Clock);
    }

    /// <summary>A text encoded for a header: <c>%</c> and everything but visible ASCII is percent-encoded (UTF-8).</summary>
    internal static string Visible(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange('!', '~') && !text.Contains('%', StringComparison.Ordinal))
            return text;
        var visible = new StringBuilder();
        foreach (byte b in Encoding.UTF8.GetBytes(text))
        {
            if (b is >= (byte)'!' and <= (byte)'~' and not (byte)'%')
                visible.Append((char)b);
            else
                visible.Append(CultureInfo.InvariantCulture, $"%{b:X2}");
        }

        return visible.ToString();
    }
}
