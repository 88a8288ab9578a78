using FlowQuota.Errors;
using FlowQuota.Functions.Auditing;
using FlowQuota.Functions.Http;
using FlowQuota.Usage;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace FlowQuota.Functions.Usage;

/// <summary>Returns the log in chunks, for a warehouse: all rows to admins, its own to a token's holder.</summary>
public sealed class LedgerExportFunction(FlowPipeline pipeline, ILedgerExportStore export, LedgerCaller callers)
{
    private const int DefaultLimit = 1000;
    private const int MaxLimit = 5000;

    /// <summary>The next rows behind a cursor, as lines of JSON or CSV.</summary>
    [Function("ExportLedger")]
    public Task<IResult> Export([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "flow/ledger")] HttpRequest request) =>
        pipeline.RunAsync(request, Access.Token, async flow =>
        {
            var caller = await callers.FindAsync(flow, "usage");
            if (caller.Refusal is not null)
                return caller.Refusal;

            var after = LedgerCursor.Start(caller.TokenId);
            if (Query.Text(request, "after", mayBeEmpty: true) is { } text)
            {
                after = LedgerCursor.TryParse(text, caller.TokenId, out var cursor)
                    ? cursor.Value
                    : throw new InvalidFieldException("after", $"must be what {LedgerExport.NextHeader} or {LedgerExport.LastHeader} was in an answer before, for the same token or for all");
            }

            int limit = Query.Number(request, "limit", 1, MaxLimit) ?? DefaultLimit;
            bool isCsv = Query.Switch(request, "format", "ndjson", "csv");
            return new LedgerExport(flow, await export.ReadAsync(caller.TokenId, after, limit, flow.Aborted), isCsv);
        }, parameters: ["after", "limit", "format"]);
}
