using System.Net.Mime;
using FlowQuota.Errors;
using FlowQuota.Functions.Auditing;
using FlowQuota.Functions.Http;
using FlowQuota.Usage;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace FlowQuota.Functions.Usage;

/// <summary>Reports who used what and when: to admins for all tokens, to a token's holder for its own.</summary>
public sealed class UsageFunction(FlowPipeline pipeline, IUsageStore usage, LedgerCaller callers)
{
    private static readonly Operation Getting = new("GetUsage", Access.Token)
    {
        Query = UsageParameters.Fields,
        Response = new ResponseContent(FlowJson.Default.UsageView, "The report.") { MediaTypes = [MediaTypeNames.Application.Json, MediaTypeNames.Text.Csv] },
        Errors = [ErrorType.NotFound],
    };

    /// <summary>Usage by hour, day or month, as JSON or CSV.</summary>
    [Function("GetUsage")]
    public Task<IResult> Get([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "flow/usage")] HttpRequest request) =>
        pipeline.RunAsync(request, Getting, async flow =>
        {
            var caller = await callers.FindAsync(flow, "usage");
            if (caller.Refusal is not null)
                return caller.Refusal;

            var parameters = UsageParameters.Read(flow, caller);
            // Before the rows: a roll-up may come in between.
            var completeUntil = await usage.ReadCompleteUntilAsync(flow.Aborted);
            var rows = await usage.ReadAsync(parameters.Asked, flow.Aborted);
            if (rows.Count >= parameters.Asked.Limit)
                throw new InvalidFieldException(UsageParameters.GroupByField.Name, $"makes more than {UsageParameters.MaxRows} rows; ask for a shorter time, longer buckets, or a filter");
            var view = UsageView.Of(parameters, rows, completeUntil);
            return parameters.IsCsv
                ? new UsageCsv(flow, view)
                : new DataResult<UsageView>(flow, view, FlowJson.Default.UsageView, "Usage found.");
        });
}
