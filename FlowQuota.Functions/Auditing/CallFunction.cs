using FlowQuota.Administration;
using FlowQuota.Errors;
using FlowQuota.Functions.Http;
using FlowQuota.Functions.Quotas;
using FlowQuota.Functions.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace FlowQuota.Functions.Auditing;

/// <summary>Reports whether a call was charged, and what became of it, to a caller whose response was lost.</summary>
public sealed class CallFunction(FlowPipeline pipeline, RequestLookup requests, LedgerCaller callers)
{
    private const int RetryAfterSeconds = 30;

    private static readonly StringField RequestId = CallerName.Field("requestId", "The id of the call, as in its X-Request-ID or request_id.");

    private static readonly Operation Finding = new("FindCall", Access.Token)
    {
        Path = [RequestId],
        Query = [LedgerCaller.Token],
        Response = new ResponseContent(FlowJson.Default.CallView, "What the call did."),
        Errors = [ErrorType.NotFound],
    };

    /// <summary>A request of the caller's token, or of any token (admin).</summary>
    [Function("FindCall")]
    public Task<IResult> Find(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "flow/calls/{requestId}")] HttpRequest request) =>
        pipeline.RunAsync(request, Finding, async flow =>
        {
            string requestId = (string)request.RouteValues[RequestId.Name]!;
            var caller = await callers.FindAsync(flow, "calls");
            if (caller.Refusal is not null)
                return caller.Refusal;

            string tokenId = caller.TokenId ?? throw new InvalidFieldException("token", "is missing; an admin must name the token that made the call");
            if (!CallerName.IsValid(requestId))
                throw new InvalidFieldException("request_id", CallerName.Expected);
            if (await requests.FindAsync(tokenId, requestId, flow.Aborted) is not { } found)
                return Refusals.Unavailable(flow, "Too many records wait for the database to be searched; try again later.", RetryAfterSeconds);
            return new DataResult<CallView>(flow, CallView.Of(requestId, tokenId, found, flow.Clock), FlowJson.Default.CallView,
                found.Changes.Count == 0 ? "No such call was found." : found.IsCharged ? "The call was charged." : "The call is not charged.");
        });
}
