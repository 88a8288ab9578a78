using FlowQuota.Admission;
using FlowQuota.Functions.Http;
using FlowQuota.Functions.Quotas;
using FlowQuota.Functions.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace FlowQuota.Functions.Gateways;

/// <summary>Reports whether a call would be admitted.</summary>
public sealed class CheckFunction(FlowPipeline pipeline, QuotaLedger ledger, AccessTokenAuthentication callers)
{
    private static readonly Operation Checking = new("Check", Access.Token)
    {
        Body = new RequestBody(4 * 1024, [Cost.FieldOrNone]) { MayBeEmpty = true, Example = """{"cost":3}""" },
        Response = new ResponseContent(FlowJson.Default.CheckView, "Whether the call would be admitted."),
        TellsAllowance = true,
    };

    /// <summary>Takes no units and does not count towards the rate limit.</summary>
    [Function("Check")]
    public Task<IResult> Check(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "flow/check")] HttpRequest request) =>
        pipeline.RunAsync(request, Checking, async flow =>
        {
            if (callers.Of(request) is not { } token)
                return Refusals.NoToken(flow);
            using var body = await JsonBody.ReadAsync(flow);
            int cost = Cost.Of(body, Cost.FieldOrNone);
            var admission = await ledger.AdmitAsync(token, cost: 0, flow.Id);
            if (Refusals.Of(flow, admission, cost) is { } refusal)
                return refusal;
            var view = CheckView.Of(admission, cost, flow.Clock.UtcNow);
            return new DataResult<CheckView>(flow, view, FlowJson.Default.CheckView, view.Allowed ? "The call would be admitted." : "The call would be refused.")
            {
                Allowance = admission.Allowance,
            };
        });
}
