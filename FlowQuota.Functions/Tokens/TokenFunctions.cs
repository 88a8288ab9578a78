using FlowQuota.Functions.Http;
using FlowQuota.Tokens;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace FlowQuota.Functions.Tokens;

/// <summary>Creates, finds, changes and deletes tokens (admin).</summary>
public sealed class TokenFunctions(FlowPipeline pipeline, TokenAdministration tokens, TokenCodec codec)
{
    /// <summary>Makes a token; its full form is in this answer and nowhere else, ever.</summary>
    [Function("CreateToken")]
    public Task<IResult> Create(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "flow/tokens")] HttpRequest request) =>
        pipeline.RunAsync(request, Access.Admin, async flow =>
        {
            var issued = await tokens.CreateAsync(await TokenRequests.ReadNewAsync(flow), flow.Id, flow.Aborted);
            return new DataAnswer<TokenView>(flow, TokenView.Of(issued.Token, flow.Clock, issued.FullToken), FlowJson.Default.TokenView,
                "Token created. Keep access_token: it is not shown again.");
        });

    /// <summary>Lists tokens, all or by token, workspace or e-mail address.</summary>
    [Function("FindTokens")]
    public Task<IResult> Find(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "flow/tokens")] HttpRequest request) =>
        pipeline.RunAsync(request, Access.Admin, async flow =>
        {
            var (number, size) = Query.Paging(request);
            string? token = Query.Text(request, "token");
            string? workspace = Query.Text(request, "ws_id");
            string? email = Query.Text(request, "email");
            // A forged token matches nothing, like an unknown one.
            var page = token is not null && codec.ReadId(token) is null
                ? new LiveTokenPage([], 0, IsStale: false)
                : await tokens.SearchAsync(new TokenQuery(codec.ReadId(token), workspace, email, number, size), flow.Aborted);
            var view = new TokenListView(
                [.. page.Tokens.Select(found => TokenView.Of(found, flow.Clock))], page.Count, number, size, Pages.Count(page.Count, size), page.IsStale);
            return new DataAnswer<TokenListView>(flow, view, FlowJson.Default.TokenListView, "Tokens found.");
        });

    /// <summary>Changes expiry, limits, type or activity, and recharges the quota.</summary>
    [Function("ChangeToken")]
    public Task<IResult> Change(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "flow/tokens/{token}")] HttpRequest request) =>
        pipeline.RunAsync(request, Access.Admin, async flow =>
        {
            string tokenId = TokenRoute.Id(codec, request);
            var change = await TokenRequests.ReadChangeAsync(flow);
            var result = await tokens.ChangeAsync(tokenId, change, flow.Id, flow.Aborted);
            var changed = result.Token ?? throw TokenRoute.NotFound();
            return new DataAnswer<TokenView>(flow, TokenView.Of(changed, flow.Clock), FlowJson.Default.TokenView, "Token changed.")
            {
                IsReplay = result.IsReplay,
            };
        });

    /// <summary>Deletes a token; its log rows stay until retention removes them.</summary>
    [Function("DeleteToken")]
    public Task<IResult> Delete(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "flow/tokens/{token}")] HttpRequest request) =>
        pipeline.RunAsync(request, Access.Admin, async flow =>
        {
            string tokenId = TokenRoute.Id(codec, request);
            if (!await tokens.DeleteAsync(tokenId, flow.Id, flow.Aborted))
                throw TokenRoute.NotFound();
            return new DataAnswer<DeletedTokenView>(flow, new DeletedTokenView(tokenId), FlowJson.Default.DeletedTokenView, "Token deleted.");
        });
}
