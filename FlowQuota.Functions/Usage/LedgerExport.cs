using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
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

    // In the order of the fields, so that both formats have the same columns.
    private static readonly IList<JsonPropertyInfo> Columns = FlowJson.Default.LedgerRowView.Properties;

    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        FlowResult.Describe(response, request, isCsv ? CsvText.ContentType : "application/x-ndjson; charset=utf-8");
        response.Headers[LastHeader] = page.Last.ToText();
        if (page.HasMore)
            response.Headers[NextHeader] = page.Last.ToText();

        var text = new StringBuilder();
        if (isCsv)
            CsvText.AppendLine(text, [.. Columns.Select(column => column.Name)]);
        foreach (var entries in page.Entries.Chunk(RowsPerFlush))
        {
            foreach (var entry in entries)
                Append(text, LedgerRowView.Of(entry, request.Clock));
            await response.WriteAsync(text.ToString(), request.Aborted);
            text.Clear();
        }

        await response.WriteAsync(text.ToString(), request.Aborted);
    }

    private void Append(StringBuilder text, LedgerRowView row)
    {
        if (isCsv)
            CsvText.AppendLine(text, [.. Columns.Select(column => column.Get!(row))]);
        else
            text.Append(JsonSerializer.Serialize(row, FlowJson.Default.LedgerRowView)).Append('\n');
    }
}
