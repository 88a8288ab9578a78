using FlowQuota.Administration;
using FlowQuota.Admission;
using FlowQuota.Functions.Http;
using FlowQuota.Functions.Tokens;
using FlowQuota.Tokens;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace FlowQuota.Functions.Quotas;

/// <summary>Returns the remaining quota, to a token's holder and to admins.</summary>
public sealed class QuotaFunctions(FlowPipeline pipeline, QuotaLedger ledger, TokenAdministration tokens, TokenCodec codec, AccessTokenAuthentication callers)
{
    private static readonly Operation GettingOwn = new("GetOwnQuota", Access.Token)
    {
        Response = new ResponseContent(FlowJson.Default.QuotaView, "The quota."),
        TellsAllowance = true,
        Errors = [ErrorType.NotFound],
    };

    private static readonly Operation Getting = new("GetTokenQuota", Access.Admin)
    {
        Path = [TokenRoute.Field],
        Response = new ResponseContent(FlowJson.Default.QuotaView, "The quota."),
        Errors = [ErrorType.NotFound],
    };

    /// <summary>The caller's own quota; consumes nothing.</summary>
    [Function("GetOwnQuota")]
    public Task<IResult> GetOwn(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "flow/quota")] HttpRequest request) =>
        pipeline.RunAsync(request, GettingOwn, async flow =>
        {
            if (callers.Of(request) is not { } token)
                return Refusals.NoToken(flow);
            var admission = await ledger.AdmitAsync(token, cost: 0, flow.Id);
            if (Refusals.Of(flow, admission) is { } refusal)
                return refusal;
            var found = await tokens.FindAsync(token.TokenId, flow.Aborted) ?? throw TokenRoute.NotFound();
            return new DataResult<QuotaView>(flow, QuotaView.Of(found.Token, flow.Clock, stale: false), FlowJson.Default.QuotaView, "Quota found.")
            {
                Allowance = admission.Allowance,
            };
        });

    /// <summary>The live quota of any token (admin).</summary>
    [Function("GetTokenQuota")]
    public Task<IResult> Get(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "flow/tokens/{token}/quota")] HttpRequest request) =>
        pipeline.RunAsync(request, Getting, async flow =>
        {
            var found = await tokens.FindAsync(TokenRoute.Id(codec, request), flow.Aborted) ?? throw TokenRoute.NotFound();
            return new DataResult<QuotaView>(flow, QuotaView.Of(found.Token, flow.Clock, found.IsStale), FlowJson.Default.QuotaView, "Quota found.");
        });
}
