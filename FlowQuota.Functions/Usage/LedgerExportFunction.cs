using System.Net.Mime;
using FlowQuota.Errors;
using FlowQuota.Functions.Auditing;
using FlowQuota.Functions.Http;
using FlowQuota.Functions.Requests;
using FlowQuota.Usage;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace FlowQuota.Functions.Usage;

/// <summary>Returns the log in chunks, for a warehouse: all rows or those of one token to admins, its own to a token's holder.</summary>
public sealed class LedgerExportFunction(FlowPipeline pipeline, ILedgerExportStore export, LedgerCaller callers)
{
    private const int DefaultLimit = 1000;

    private static readonly TextField Behind = new("after", 255, $"The cursor: {LedgerExport.NextHeader} of the response before; left out or empty for the first rows.") { MayBeEmpty = true };

    private static readonly NumberField Limit = new("limit", 1, 5000, "Most rows of a response; 1,000 by default.");

    private static readonly ChoiceField<bool> Format = new("format", [("ndjson", false), ("csv", true)], "The form of the rows; ndjson by default.");

    private static readonly Operation Exporting = new("ExportLedger", Access.Token)
    {
        Query = [LedgerCaller.Token, Behind, Limit, Format],
        Response = new ResponseContent(FlowJson.Default.LedgerRowView, "The rows, a line for each.") { IsInEnvelope = false, MediaTypes = ["application/x-ndjson", MediaTypeNames.Text.Csv] },
        Errors = [ErrorType.NotFound],
    };

    /// <summary>The next rows behind a cursor, as lines of JSON or CSV.</summary>
    [Function("ExportLedger")]
    public Task<IResult> Export([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "flow/ledger")] HttpRequest request) =>
        pipeline.RunAsync(request, Exporting, async flow =>
        {
            var caller = await callers.FindAsync(flow, "usage");
            if (caller.Refusal is not null)
                return caller.Refusal;

            var after = LedgerCursor.Start(caller.TokenId);
            if (Query.Text(request, Behind) is { } text)
            {
                after = LedgerCursor.TryParse(text, caller.TokenId, out var cursor)
                    ? cursor.Value
                    : throw new InvalidFieldException(Behind.Name, $"must be what {LedgerExport.NextHeader} or {LedgerExport.LastHeader} was in an answer before, for the same token or for all");
            }

            int limit = Query.Number(request, Limit) ?? DefaultLimit;
            bool isCsv = Query.Choice(request, Format) ?? false;
            return new LedgerExport(flow, await export.ReadAsync(caller.TokenId, after, limit, flow.Aborted), isCsv);
        });
}
