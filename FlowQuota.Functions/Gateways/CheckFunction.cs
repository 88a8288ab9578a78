using FlowQuota.Admission;
using FlowQuota.Functions.Http;
using FlowQuota.Functions.Quotas;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace FlowQuota.Functions.Gateways;

/// <summary>Reports whether a call would be admitted.</summary>
public sealed class CheckFunction(FlowPipeline pipeline, QuotaLedger ledger, AccessTokenAuthentication callers)
{
    /// <summary>Takes no units and does not count towards the rate limit.</summary>
    [Function("Check")]
    public Task<IResult> Check(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "flow/check")] HttpRequest request) =>
        pipeline.RunAsync(request, Access.Token, async flow =>
        {
            if (callers.Of(request) is not { } token)
                return Refusals.NoToken(flow);
            int cost = await Cost.ReadAsync(flow, min: 0);
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
