using FlowQuota.Administration;
using FlowQuota.Functions.Http;
using FlowQuota.Functions.Requests;
using FlowQuota.Tokens;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace FlowQuota.Functions.Tokens;

/// <summary>Creates, finds, changes and deletes tokens (admin).</summary>
public sealed class TokenFunctions(FlowPipeline pipeline, TokenAdministration tokens, TokenCodec codec)
{
    private const string SecretAdvice =
        "Token created by an earlier request with this Idempotency-Key; its access_token is not shown again. If that response was lost, rotate the token.";

    private static readonly Operation Creating = new("CreateToken", Access.Admin)
    {
        Body = TokenRequests.New,
        Response = new ResponseContent(FlowJson.Default.TokenView, "The token, with its secret."),
        TakesKey = true,
    };

    private static readonly Operation Finding = new("FindTokens", Access.Admin)
    {
        Query = [TokenParameters.Token, TokenParameters.WorkspaceId, TokenParameters.Email, Query.Page, Query.PageSize, .. TokenScanRequests.Parameters],
        Response = new ResponseContent(FlowJson.Default.TokenListView, "The tokens.") { OtherType = FlowJson.Default.TokenScanView },
    };

    private static readonly Operation Changing = new("ChangeToken", Access.Admin)
    {
        Path = [TokenRoute.Field],
        Body = TokenRequests.Change,
        Response = new ResponseContent(FlowJson.Default.TokenView, "The token after the change."),
        TakesKey = true,
        Errors = [ErrorType.NotFound],
    };

    private static readonly Operation Deleting = new("DeleteToken", Access.Admin)
    {
        Path = [TokenRoute.Field],
        Response = new ResponseContent(FlowJson.Default.DeletedTokenView, "The id of the deleted token."),
        Errors = [ErrorType.NotFound, ErrorType.IdempotencyMismatch],
    };

    /// <summary>Creates a token. Only this response contains its full form.</summary>
    [Function("CreateToken")]
    public Task<IResult> Create(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "flow/tokens")] HttpRequest request) =>
        pipeline.RunAsync(request, Creating, async flow =>
        {
            var key = IdempotencyKeyHeader.ReadAdmin(request);
            var issued = await tokens.CreateAsync(await TokenRequests.ReadNewAsync(flow), flow.Id, flow.Aborted, key);
            return new DataResult<TokenView>(flow, TokenView.Of(issued.Token, flow.Clock, issued.FullToken), FlowJson.Default.TokenView,
                (issued.FullToken is null ? SecretAdvice : "Token created. Keep access_token: it is not shown again.") + EndAdvice(issued.Token))
            {
                IsReplay = issued.FullToken is null,
                OriginalRequestId = issued.OriginalRequestId,
            };
        });

    /// <summary>Warns that an end date does not end a token of type count.</summary>
    private static string EndAdvice(AccessToken token) => token is { QuotaType: QuotaType.Count, ExpiresAt: not null }
        ? " A token of quota_type count does not end at expires_at; hybrid does."
        : "";

    /// <summary>Lists tokens: by token, workspace or e-mail address, page by page; or by anything else, from cursor to cursor.</summary>
    [Function("FindTokens")]
    public Task<IResult> Find(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "flow/tokens")] HttpRequest request) =>
        pipeline.RunAsync(request, Finding, async flow =>
        {
            var (number, size) = Query.Paging(request);
            string? token = Query.Text(request, TokenParameters.Token);
            string? workspace = Query.Text(request, TokenParameters.WorkspaceId);
            string? email = Query.Text(request, TokenParameters.Email);
            string? tokenId = codec.ReadId(token);
            // A forged token matches nothing, like an unknown one.
            bool isForged = token is not null && tokenId is null;
            if (TokenScanRequests.IsScan(request))
                return await ScanAsync(flow, TokenScanRequests.Read(request, tokenId, flow.Clock), isForged);
            var page = isForged
                ? new LiveTokenPage([], 0, IsStale: false)
                : await tokens.SearchAsync(new TokenQuery(tokenId, workspace, email, number, size), flow.Aborted);
            var view = new TokenListView(
                [.. page.Tokens.Select(found => TokenView.Of(found, flow.Clock))], page.Count, number, size, Pages.Count(page.Count, size), page.IsStale);
            return new DataResult<TokenListView>(flow, view, FlowJson.Default.TokenListView, "Tokens found.");
        });

    private async Task<IResult> ScanAsync(FlowRequest flow, TokenScan scan, bool isForged)
    {
        var slice = isForged ? new LiveTokenSlice([], null, IsStale: false) : await tokens.ScanAsync(scan, flow.Aborted);
        var view = new TokenScanView(
            [.. slice.Tokens.Select(found => TokenView.Of(found, flow.Clock))], slice.Next is null ? null : TokenCursor.Write(scan, slice.Next), scan.PageSize, slice.IsStale)
        {
            Count = scan.After is null && slice.Next is null ? slice.Tokens.Count : null,
        };
        return new DataResult<TokenScanView>(flow, view, FlowJson.Default.TokenScanView, "Tokens found.");
    }

    /// <summary>Changes expiry, limits, type or activity, and recharges the quota.</summary>
    [Function("ChangeToken")]
    public Task<IResult> Change(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "flow/tokens/{token}")] HttpRequest request) =>
        pipeline.RunAsync(request, Changing, async flow =>
        {
            string tokenId = TokenRoute.Id(codec, request);
            var change = await TokenRequests.ReadChangeAsync(flow);
            var result = await tokens.ChangeAsync(tokenId, change, flow.Id, flow.Aborted, IdempotencyKeyHeader.ReadAdmin(request));
            var changed = result.Token ?? throw TokenRoute.NotFound();
            return new DataResult<TokenView>(flow, TokenView.Of(changed, flow.Clock), FlowJson.Default.TokenView, "Token changed." + EndAdvice(changed))
            {
                IsReplay = result.IsReplay,
                OriginalRequestId = result.OriginalRequestId,
            };
        });

    /// <summary>Deletes a token; its log rows stay until retention removes them.</summary>
    [Function("DeleteToken")]
    public Task<IResult> Delete(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "flow/tokens/{token}")] HttpRequest request) =>
        pipeline.RunAsync(request, Deleting, async flow =>
        {
            string tokenId = TokenRoute.Id(codec, request);
            if (!await tokens.DeleteAsync(tokenId, flow.Id, flow.Aborted))
                throw TokenRoute.NotFound();
            return new DataResult<DeletedTokenView>(flow, new DeletedTokenView(tokenId), FlowJson.Default.DeletedTokenView, "Token deleted.");
        });
}
