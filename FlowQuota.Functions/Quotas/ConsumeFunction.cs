using FlowQuota.Functions.Http;
using FlowQuota.Functions.Tokens;
using FlowQuota.Quotas;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace FlowQuota.Functions.Quotas;

/// <summary>Meters a call that runs elsewhere: for a gateway, or a service that meters its own calls.</summary>
public sealed class ConsumeFunction(FlowPipeline pipeline, QuotaLedger ledger, Callers callers)
{
    private const int MaxBodyBytes = 4 * 1024;
    private const int MaxCost = 1_000_000;

    /// <summary>Takes <c>cost</c> units, all or none.</summary>
    [Function("Consume")]
    public Task<IResult> Consume(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "flow/consume")] HttpRequest request) =>
        pipeline.RunAsync(request, Access.Token, async flow =>
        {
            if (callers.Of(request) is not { } token)
                return Refusals.NoToken(flow);
            var admission = await ledger.AdmitAsync(token, await ReadCostAsync(flow), flow.Id, hasOutcome: false);
            if (Refusals.Of(flow, admission) is { } refusal)
                return refusal;
            var allowance = admission.Allowance!;
            return new DataAnswer<ConsumedView>(flow,
                new ConsumedView(TokenWords.Of(allowance.Type), allowance.Total, allowance.Remaining), FlowJson.Default.ConsumedView, "Consumed.")
            {
                Allowance = allowance,
            };
        });

    private static async Task<int> ReadCostAsync(FlowRequest flow)
    {
        using var body = await JsonBody.ReadAsync(flow, MaxBodyBytes, mayBeEmpty: true, "cost");
        return body.OptionalNumber("cost", 1, MaxCost) ?? 1;
    }
}
