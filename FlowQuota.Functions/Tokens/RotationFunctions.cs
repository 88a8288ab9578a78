using FlowQuota.Administration;
using FlowQuota.Functions.Http;
using FlowQuota.Functions.Requests;
using FlowQuota.Tokens;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace FlowQuota.Functions.Tokens;

/// <summary>Gives a token a new secret under the same id (admin).</summary>
public sealed class RotationFunctions(FlowPipeline pipeline, TokenRotation rotation, TokenCodec codec)
{
    private static readonly NumberField Grace = new("grace_seconds", 0, SecretChange.MostGraceSeconds,
        "Seconds for which the present secret stays good beside the new one; 0 by default.")
    { Example = "86400" };

    private static readonly Operation Rotating = new("RotateToken", Access.Admin)
    {
        Path = [TokenRoute.Field],
        Body = new RequestBody(4 * 1024, [Grace]) { MayBeEmpty = true, Example = """{"grace_seconds":86400}""" },
        Response = new ResponseContent(FlowJson.Default.TokenView, "The token, with its new secret."),
        TakesKey = true,
        Errors = [ErrorType.NotFound],
    };

    private static readonly Operation EndingGrace = new("EndRotationGrace", Access.Admin)
    {
        Path = [TokenRoute.Field],
        Response = new ResponseContent(FlowJson.Default.TokenView, "The token."),
        Errors = [ErrorType.NotFound, ErrorType.IdempotencyMismatch],
    };

    /// <summary>Makes a new secret. Only this response contains it.</summary>
    [Function("RotateToken")]
    public Task<IResult> Rotate(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "flow/tokens/{token}/rotate")] HttpRequest request) =>
        pipeline.RunAsync(request, Rotating, async flow =>
        {
            string tokenId = TokenRoute.Id(codec, request);
            using var body = await JsonBody.ReadAsync(flow);
            int grace = body.OptionalNumber(Grace) ?? 0;
            var issued = await rotation.RotateAsync(tokenId, grace, flow.Id, IdempotencyKeyHeader.ReadAdmin(request), flow.Aborted) ?? throw TokenRoute.NotFound();
            return new DataResult<TokenView>(flow, TokenView.Of(issued.Token, flow.Clock, issued.FullToken), FlowJson.Default.TokenView, Message(flow, issued))
            {
                IsReplay = issued.FullToken is null,
                OriginalRequestId = issued.OriginalRequestId,
            };
        });

    /// <summary>Refuses the earlier secret from now on.</summary>
    [Function("EndRotationGrace")]
    public Task<IResult> EndGrace(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "flow/tokens/{token}/rotate")] HttpRequest request) =>
        pipeline.RunAsync(request, EndingGrace, async flow =>
        {
            var token = await rotation.EndGraceAsync(TokenRoute.Id(codec, request), flow.Id, flow.Aborted) ?? throw TokenRoute.NotFound();
            return new DataResult<TokenView>(flow, TokenView.Of(token, flow.Clock), FlowJson.Default.TokenView, "Only the present secret is good.");
        });

    private static string Message(FlowRequest flow, IssuedToken issued)
    {
        if (issued.FullToken is null)
        {
            return $"Rotated by an earlier request with this {IdempotencyKeyHeader.NameFor(flow.Http)}; its access_token is not shown again. "
                + "If that response was lost, rotate again with a new one.";
        }

        string earlier = issued.Token.PreviousValidUntil is { } end ? $"The earlier secret is good until {flow.Clock.Format(end)}." : "The earlier secret is refused.";
        return $"Token rotated. Keep access_token: it is not shown again. {earlier}";
    }
}
