using System.Globalization;
using System.Net;
using FlowQuota.Client.Transport;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Client.Middleware;

/// <summary>
/// Asks FlowQuota about each request, as a gateway does: by <c>/flow/authorize</c>, which keeps a key of a request for minutes and not for a
/// day as <c>consume</c> would. The id of the question is always new, so that no client can repeat one.
/// </summary>
/// <param name="next">The rest of the application.</param>
/// <param name="options">How to meter.</param>
/// <param name="connection">Leads to FlowQuota.</param>
/// <param name="logger">Gets a line in a while if FlowQuota cannot decide.</param>
internal sealed class FlowQuotaMiddleware(
    RequestDelegate next, FlowQuotaMiddlewareOptions options, FlowQuotaConnection connection, ILogger<FlowQuotaMiddleware> logger)
{
    private const int MaxCost = 1_000_000;

    private readonly UndecidedLog _undecided = new(logger);

    /// <exception cref="ArgumentOutOfRangeException">A request cannot have such a cost.</exception>
    public static int CheckCost(int cost)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(cost);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(cost, MaxCost);
        return cost;
    }

    public async Task InvokeAsync(HttpContext context)
    {
        // A pipeline that runs again for a page of errors must not charge again.
        if (context.Items.ContainsKey(this) || await PassesAsync(context).ConfigureAwait(false))
            await next(context).ConfigureAwait(false);
    }

    private async Task<bool> PassesAsync(HttpContext context)
    {
        GatewayHeaders.Remove(context.Request.Headers);
        int cost = CheckCost(options.Cost(context));
        if (options.AccessToken(context) is not { } token || !ApiText.IsToken(token))
        {
            await RefusalResponse.WriteNoTokenAsync(context).ConfigureAwait(false);
            return false;
        }

        var call = Question(token, cost);
        string reason;
        TimeSpan? retryAfter;
        try
        {
            var reply = await connection.SendAsync(call, context.RequestAborted).ConfigureAwait(false);
            if (reply.Status == HttpStatusCode.OK && Header(reply, GatewayHeaders.TokenId) is { } id)
            {
                Pass(context, PassedRequest(reply, id), reply);
                return true;
            }

            if (reply.Status is HttpStatusCode.Unauthorized or HttpStatusCode.TooManyRequests && Header(reply, GatewayHeaders.Status) is not null)
            {
                await RefusalResponse.WriteAsync(context, reply).ConfigureAwait(false);
                return false;
            }

            (reason, retryAfter) = (reply.Failure().Message, reply.RetryAfter);
        }
        catch (FlowQuotaException e)
        {
            (reason, retryAfter) = (e.Message, e.RetryAfter);
        }

        return await UndecidedAsync(context, call, reason, retryAfter).ConfigureAwait(false);
    }

    private async Task<bool> UndecidedAsync(HttpContext context, Call call, string reason, TimeSpan? retryAfter)
    {
        _undecided.Write(options.WhenUnavailable, reason);
        if (options.WhenUnavailable == UnavailableRule.Deny)
        {
            await RefusalResponse.WriteUnavailableAsync(context, call.RequestId, retryAfter).ConfigureAwait(false);
            return false;
        }

        Pass(context, new MeteredRequest(null, null, null, call.RequestId, IsUnmetered: true), reply: null);
        return true;
    }

    private Call Question(string token, int cost)
    {
        string unavailable = options.WhenUnavailable == UnavailableRule.Allow ? "allow" : "deny";
        return new Call(HttpMethod.Get,
            string.Create(CultureInfo.InvariantCulture, $"flow/authorize?cost={cost}&dedupe=request_id&unavailable={unavailable}"), token);
    }

    private void Pass(HttpContext context, MeteredRequest request, Reply? reply)
    {
        context.Items[this] = true;
        context.Features.Set(request);
        GatewayHeaders.Write(context.Request.Headers, request);
        if (reply is not null)
            RateLimitHeaders.Copy(reply, context.Response.Headers);
    }

    private static MeteredRequest PassedRequest(Reply reply, string tokenId) => new(
        tokenId,
        Header(reply, GatewayHeaders.Workspace) is { } encoded ? Uri.UnescapeDataString(encoded) : null,
        int.TryParse(Header(reply, GatewayHeaders.Remaining), NumberStyles.None, CultureInfo.InvariantCulture, out int left) ? left : null,
        reply.RequestId,
        IsUnmetered: Header(reply, GatewayHeaders.Unmetered) is not null);

    private static string? Header(Reply reply, string name) => reply.Headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;
}
