using FlowQuota.Errors;
using FlowQuota.Functions.Http;
using FlowQuota.Functions.Tokens;
using FlowQuota.Ledger;
using FlowQuota.Tokens;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace FlowQuota.Functions.Auditing;

/// <summary>Reads the audit log of a token (admin).</summary>
public sealed class QuotaLogFunction(FlowPipeline pipeline, IQuotaLogStore logs, ITokenStore tokens, TokenCodec codec)
{
    /// <summary>One page, newest first, by time and action. The rows of a deleted token can be read until retention removes them.</summary>
    [Function("GetQuotaLogs")]
    public Task<IResult> Get(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "flow/tokens/{token}/quota/logs")] HttpRequest request) =>
        pipeline.RunAsync(request, Access.Admin, async flow =>
        {
            var (number, size) = Query.Paging(request);
            var query = new QuotaLogQuery(
                TokenRoute.Id(codec, request), Date(flow, "start_date", isEnd: false), Date(flow, "end_date", isEnd: true), Action(flow), number, size);
            var page = await logs.ReadAsync(query, flow.Aborted);
            if (page.Total == 0 && !await IsKnownAsync(query.TokenId, flow.Aborted))
                throw TokenRoute.NotFound();
            var view = new QuotaLogListView(
                [.. page.Entries.Select(entry => QuotaLogView.Of(entry, flow.Clock))], page.Total, number, size, Pages.Count(page.Total, size));
            return new DataResult<QuotaLogListView>(flow, view, FlowJson.Default.QuotaLogListView, "Logs found.");
        }, parameters: ["start_date", "end_date", "action", "page", "page_size"]);

    /// <summary>True for a token that exists, or that was deleted and still has rows.</summary>
    private async Task<bool> IsKnownAsync(string tokenId, CancellationToken cancellationToken) =>
        await tokens.FindAsync(tokenId, cancellationToken) is not null
        || (await logs.ReadAsync(new QuotaLogQuery(tokenId, null, null, null, 1, 1), cancellationToken)).Total > 0;

    /// <summary>Reads a day or an instant. The end of a range is inclusive.</summary>
    private static DateTime? Date(FlowRequest flow, string name, bool isEnd)
    {
        if (Query.Text(flow.Http, name) is not { } text)
            return null;
        if (!flow.Clock.TryParse(text, out var utc, out bool isDate))
            throw new InvalidFieldException(name, "must be yyyy-MM-dd or yyyy-MM-dd HH:mm:ss");
        if (!isEnd)
            return utc;
        return isDate || utc > DateTime.MaxValue.AddSeconds(-1) ? flow.Clock.EndOfDay(utc) : utc.AddSeconds(1);
    }

    private static QuotaAction? Action(FlowRequest flow)
    {
        if (Query.Text(flow.Http, "action") is not { } word)
            return null;
        foreach (var (known, action) in QuotaLogView.Actions)
        {
            if (known == word)
                return action;
        }

        throw new InvalidFieldException("action", $"must be one of {string.Join(", ", QuotaLogView.Actions.Select(known => known.Word))}");
    }
}
