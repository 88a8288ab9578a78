using FlowQuota.Errors;
using FlowQuota.Functions.Http;
using FlowQuota.Functions.Requests;
using FlowQuota.Functions.Tokens;
using FlowQuota.Ledger;
using FlowQuota.Tokens;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace FlowQuota.Functions.Auditing;

/// <summary>Reads the audit log of a token (admin).</summary>
public sealed class QuotaLogFunction(FlowPipeline pipeline, IQuotaLogStore logs, ITokenStore tokens, TokenCodec codec)
{
    private static readonly StringField From = new("start_date", "The first day or second, in the zone of FLOW_TIME_ZONE.")
    {
        Pattern = StringField.DatePattern,
        Expected = "must be yyyy-MM-dd or yyyy-MM-dd HH:mm:ss",
    };

    private static readonly StringField Until = From with { Name = "end_date", Description = "The last day or second, in the zone of FLOW_TIME_ZONE." };

    private static readonly ChoiceField<QuotaAction> Action = new("action", QuotaLogView.Actions, "Only rows of this kind.");

    private static readonly Operation Getting = new("GetQuotaLogs", Access.Admin)
    {
        Path = [TokenRoute.Field],
        Query = [From, Until, Action, Query.Page, Query.PageSize],
        Response = new ResponseContent(FlowJson.Default.QuotaLogListView, "A page of the log."),
        Errors = [ErrorType.NotFound],
    };

    /// <summary>One page, newest first, by time and action. The rows of a deleted token can be read until retention removes them.</summary>
    [Function("GetQuotaLogs")]
    public Task<IResult> Get(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "flow/tokens/{token}/quota/logs")] HttpRequest request) =>
        pipeline.RunAsync(request, Getting, async flow =>
        {
            var (number, size) = Query.Paging(request);
            var query = new QuotaLogQuery(
                TokenRoute.Id(codec, request), Date(flow, From, isEnd: false), Date(flow, Until, isEnd: true), Query.Choice(request, Action), number, size);
            var page = await logs.ReadAsync(query, flow.Aborted);
            if (page.Total == 0 && !await IsKnownAsync(query.TokenId, flow.Aborted))
                throw TokenRoute.NotFound();
            var view = new QuotaLogListView(
                [.. page.Entries.Select(entry => QuotaLogView.Of(entry, flow.Clock))], page.Total, number, size, Pages.Count(page.Total, size));
            return new DataResult<QuotaLogListView>(flow, view, FlowJson.Default.QuotaLogListView, "Logs found.");
        });

    /// <summary>True for a token that exists, or that was deleted and still has rows.</summary>
    private async Task<bool> IsKnownAsync(string tokenId, CancellationToken cancellationToken) =>
        await tokens.FindAsync(tokenId, cancellationToken) is not null
        || (await logs.ReadAsync(new QuotaLogQuery(tokenId, null, null, null, 1, 1), cancellationToken)).Total > 0;

    /// <summary>Reads a day or an instant. The end of a range is inclusive.</summary>
    private static DateTime? Date(FlowRequest flow, StringField field, bool isEnd)
    {
        if (Query.String(flow.Http, field) is not { } text)
            return null;
        if (!flow.Clock.TryParse(text, out var utc, out bool isDate))
            throw new InvalidFieldException(field.Name, field.Expected);
        if (!isEnd)
            return utc;
        return isDate || utc > DateTime.MaxValue.AddSeconds(-1) ? flow.Clock.EndOfDay(utc) : utc.AddSeconds(1);
    }
}
