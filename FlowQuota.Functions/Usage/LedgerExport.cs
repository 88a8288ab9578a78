using System.Text;
using System.Text.Json;
using FlowQuota.Functions.Http;
using FlowQuota.Usage;
using Microsoft.AspNetCore.Http;

namespace FlowQuota.Functions.Usage;

/// <summary>Rows of the log, a line each, sent as they are written.</summary>
/// <param name="request">The request that it answers.</param>
/// <param name="page">The rows.</param>
/// <param name="isCsv">True for CSV, false for lines of JSON.</param>
internal sealed class LedgerExport(FlowRequest request, LedgerExportPage page, bool isCsv) : IResult
{
    /// <summary>The header with the cursor for the next rows; left out at the end.</summary>
    public const string NextHeader = "X-FlowQuota-Next";

    /// <summary>The header with the cursor behind the last row, also at the end: to continue when there are more.</summary>
    public const string LastHeader = "X-FlowQuota-Last";

    private const int RowsPerFlush = 200;

    private static readonly string[] Columns =
    [
        "id", "token", "ws_id", "email", "epoch", "seq", "quota_before", "quota_after", "quota_change", "total_after", "action", "request_id",
        "execution_success", "execution_error_type", "execution_error_message", "created_at", "created_at_utc", "effective_at", "period",
        "reservation_id", "idempotency_key", "meter",
    ];

    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = isCsv ? CsvText.ContentType : "application/x-ndjson; charset=utf-8";
        response.Headers.CacheControl = "no-store";
        response.Headers[RequestIds.Header] = request.Id;
        response.Headers[LastHeader] = page.Last.ToText();
        if (page.HasMore)
            response.Headers[NextHeader] = page.Last.ToText();

        var text = new StringBuilder();
        if (isCsv)
            CsvText.AppendLine(text, Columns);
        for (int i = 0; i < page.Entries.Count; i++)
        {
            var row = LedgerRowView.Of(page.Entries[i], request.Clock);
            if (isCsv)
                CsvText.AppendLine(text, row.Cells());
            else
                text.Append(JsonSerializer.Serialize(row, FlowJson.Default.LedgerRowView)).Append('\n');
            if (i % RowsPerFlush != RowsPerFlush - 1)
                continue;
            await response.WriteAsync(text.ToString(), request.Aborted);
            text.Clear();
        }

        await response.WriteAsync(text.ToString(), request.Aborted);
    }
}
