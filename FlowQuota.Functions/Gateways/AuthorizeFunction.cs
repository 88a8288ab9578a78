using FlowQuota.Admission;
using FlowQuota.Errors;
using FlowQuota.Functions.Http;
using FlowQuota.Functions.Quotas;
using FlowQuota.Functions.Requests;
using FlowQuota.Ledger;
using FlowQuota.Tokens;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace FlowQuota.Functions.Gateways;

/// <summary>
/// Meters calls of any HTTP service. The gateway in front of the service sends a sub-request that asks whether a call may
/// pass (docs/gateways.md).
/// </summary>
public sealed class AuthorizeFunction(FlowPipeline pipeline, QuotaLedger ledger, AccessTokenAuthentication callers, UnmeteredPasses unmetered)
{
    private static readonly StringField RestOfPath = new("path", "The path of the call, for the gateway; it is ignored.");

    private static readonly Operation Authorizing = new("Authorize", Access.Gateway)
    {
        Path = [RestOfPath],
        Query = AuthorizeParameters.Fields,
        Response = new ResponseContent(Type: null, "The call may pass; the body is empty."),
        TellsAllowance = true,
        Errors = [ErrorType.QuotaExceeded, ErrorType.RateLimit],
    };

    /// <summary>
    /// Takes the cost of the call, all or nothing. Ignores the method, the rest of the path and the body, because they belong to
    /// the call.
    /// </summary>
    [Function("Authorize")]
    public async Task<IResult> Authorize(
        [HttpTrigger(AuthorizationLevel.Anonymous, Route = "flow/authorize/{*path}")] HttpRequest request)
    {
        CloseBehindBody(request);
        AuthorizeParameters? parameters = null;
        var answer = await pipeline.RunAsync(request, Authorizing, async flow =>
        {
            if (callers.Of(request) is not { } token)
                return Refusals.NoToken(flow);
            parameters = AuthorizeParameters.Read(request);
            return await DecideAsync(flow, token, parameters);
        });
        if (answer is ProblemResult { StatusCode: { } status } problem)
            problem.GatewayStatus = parameters is { RefusesWith403: true } && MeansRefusal(status) ? StatusCodes.Status403Forbidden : status;
        return answer;
    }

    private async Task<IResult> DecideAsync(FlowRequest flow, PresentedToken token, AuthorizeParameters parameters)
    {
        try
        {
            var key = parameters.ChargesIdOnce ? IdempotencyKey.Of("authorize", $"{parameters.Cost}\n{flow.Id}", []) : null;
            var admission = await ledger.AuthorizeAsync(token, parameters.Cost, flow.Id, key);
            if (admission.Status == AdmissionStatus.Backlogged && parameters.PassesUndecided)
                return Pass(flow, token, "too many records wait for the database");
            return Refusals.Of(flow, admission, parameters.Cost) ?? new PassAnswer(flow, token, admission);
        }
        catch (StoreUnavailableException e) when (parameters.PassesUndecided)
        {
            return Pass(flow, token, $"{e.Store} is unavailable");
        }
    }

    private PassAnswer Pass(FlowRequest flow, PresentedToken token, string reason)
    {
        unmetered.Record(token.TokenId, flow.Id, reason);
        return new PassAnswer(flow, token, admission: null);
    }

    /// <summary>
    /// Closes the connection if a body is announced. Some gateways announce the client's body but do not send it, so the
    /// next sub-request on the connection would be read as that body.
    /// </summary>
    private static void CloseBehindBody(HttpRequest request)
    {
        if ((request.ContentLength > 0 || request.Headers.TransferEncoding.Count > 0) && HttpProtocol.IsHttp11(request.Protocol))
            request.HttpContext.Response.Headers.Connection = "close";
    }

    // The caller's own error (400, 401) and the service's (500) keep their status, so that a gateway reports them as such.
    private static bool MeansRefusal(int status) =>
        status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable;
}
