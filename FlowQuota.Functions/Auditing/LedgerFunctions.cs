using System.Text;
using FlowQuota.Administration;
using FlowQuota.Errors;
using FlowQuota.Functions.Http;
using FlowQuota.Functions.Requests;
using FlowQuota.Functions.Tokens;
using FlowQuota.Tokens;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace FlowQuota.Functions.Auditing;

/// <summary>Reports whether the ledger balances, and corrects that of a token when an admin explains the difference.</summary>
public sealed class LedgerFunctions(FlowPipeline pipeline, LedgerVerification verification, LedgerCorrection correction, TokenCodec codec)
{
    private const int RetryAfterSeconds = 5;

    private static readonly TextField OnlyToken = TokenParameters.Token with { Description = "A public id, or a full token: only this token is verified.", MayBeEmpty = true };

    private static readonly TextField Behind = new("after", 255, "next of the page before; left out or empty for the first page.") { MayBeEmpty = true };

    private static readonly TextField Token = TokenParameters.Token with { IsRequired = true };

    private static readonly TextField Reason = new("reason", 500, "Why the difference is there; it goes into the row.") { IsRequired = true };

    private static readonly Operation Verifying = new("VerifyLedger", Access.Admin)
    {
        Query = [OnlyToken, Behind, Query.Page, Query.PageSize],
        Response = new ResponseContent(FlowJson.Default.LedgerReportView, "Whether the books balance."),
        Errors = [ErrorType.NotFound],
    };

    private static readonly Operation Mending = new("MendLedger", Access.Admin)
    {
        Body = new RequestBody(8 * 1024, [Token, Reason]) { Example = """{"token":"flow_0123456789abcdefghjkmnpq","reason":"Rows of 1 May were deleted by hand."}""" },
        Response = new ResponseContent(FlowJson.Default.MendView, "What was wrong, and the row that explains it."),
        Errors = [ErrorType.NotFound],
    };

    /// <summary>One token, or a page of them by <c>after</c> and <c>page_size</c> (admin).</summary>
    [Function("VerifyLedger")]
    public Task<IResult> Verify(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "flow/quota/verify")] HttpRequest request) =>
        pipeline.RunAsync(request, Verifying, async flow =>
        {
            var report = Query.Text(request, OnlyToken) is { } token
                ? await verification.VerifyAsync(TokenRoute.Id(codec, token), flow.Aborted)
                : await verification.VerifyAsync(After(request), Query.Paging(request).PageSize, flow.Aborted);
            var view = new LedgerReportView(
                report.IsBalanced, [.. report.Problems.Select(LedgerProblemView.Of)], report.CheckedTokens, report.PendingTokens, report.Next, report.IsTruncated);
            return new DataResult<LedgerReportView>(flow, view, FlowJson.Default.LedgerReportView,
                report.IsBalanced switch
                {
                    true => "The books balance.",
                    false => "The books do not balance.",
                    null => "No problem is known, but not everything could be judged yet.",
                });
        });

    /// <summary>Writes the row that explains a difference (admin).</summary>
    [Function("MendLedger")]
    public Task<IResult> Mend(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "flow/quota/verify/mend")] HttpRequest request) =>
        pipeline.RunAsync(request, Mending, async flow =>
        {
            var (tokenId, reason) = await ReadMendAsync(flow);
            var result = await correction.MendAsync(tokenId, reason, flow.Id, flow.Aborted);
            return result.Status switch
            {
                CorrectionStatus.Mended => Answer(flow, tokenId, result, "The difference is explained; the chain is whole from here on."),
                CorrectionStatus.Balanced => Answer(flow, tokenId, result, "The books of this token balance; nothing was written."),
                CorrectionStatus.Pending => new ProblemResult(flow, ErrorType.ServiceUnavailable,
                    "Changes of this token are on the way to SQL; try again when they have come.")
                {
                    RetryAfterSeconds = RetryAfterSeconds,
                },
                CorrectionStatus.Unknown => throw TokenRoute.NotFound(),
            };
        });

    /// <summary>The last id of the previous page. MySQL refuses to compare a public id, which is ASCII, with anything else.</summary>
    private static string? After(HttpRequest request) =>
        Query.Text(request, Behind) is var after && (after is null || Ascii.IsValid(after))
            ? after
            : throw new InvalidFieldException(Behind.Name, "must be what next was in the page before");

    private async Task<(string TokenId, string Reason)> ReadMendAsync(FlowRequest flow)
    {
        using var body = await JsonBody.ReadAsync(flow);
        string reason = body.Text(Reason);
        return (TokenRoute.Id(codec, body.Text(Token)), reason);
    }

    private static DataResult<MendView> Answer(FlowRequest flow, string tokenId, CorrectionResult result, string message) =>
        new(flow,
            new MendView(
                result.Status == CorrectionStatus.Mended, tokenId, result.Entry is { } entry ? QuotaLogView.Of(entry, flow.Clock) : null,
                [.. result.Explained.Select(LedgerProblemView.Of)]),
            FlowJson.Default.MendView, message);
}
