using System.Text;
using FlowQuota.Functions.Http;
using Microsoft.AspNetCore.Http;

namespace FlowQuota.Functions.Usage;

/// <summary>A usage report as CSV, a line for each bucket.</summary>
/// <param name="request">The request that it answers.</param>
/// <param name="view">The report.</param>
internal sealed class UsageCsv(FlowRequest request, UsageView view) : IResult
{
    /// <summary>The header that has <c>complete_until</c>, in the zone of the report; left out if nothing was rolled up yet.</summary>
    public const string CompleteUntilHeader = "X-FlowQuota-Complete-Until";

    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        FlowResult.Describe(response, request, CsvText.ContentType);
        if (view.CompleteUntil is { } until)
            response.Headers[CompleteUntilHeader] = until;
        await response.WriteAsync(Text(), request.Aborted);
    }

    private string Text()
    {
        bool byAction = view.GroupBy.Contains("action");
        var text = new StringBuilder();
        CsvText.AppendLine(text,
            [
                "starts_at", "ends_at", "starts_at_utc", .. view.GroupBy, .. byAction ? ["changes", "quota_change"] : Array.Empty<string>(),
                "calls", "units", "failed", "refunded", "refused_quota", "refused_rate",
            ]);
        foreach (var bucket in view.Buckets)
        {
            CsvText.AppendLine(text,
                [
                    bucket.StartsAt, bucket.EndsAt, bucket.StartsAtUtc, .. view.GroupBy.Select(name => Group(bucket, name)),
                    .. byAction ? [bucket.Changes, bucket.QuotaChange] : Array.Empty<object?>(),
                    bucket.Calls, bucket.Units, bucket.Failed, bucket.Refunded, bucket.RefusedQuota, bucket.RefusedRate,
                ]);
        }

        return text.ToString();
    }

    private static string? Group(UsageBucketView bucket, string name) => name switch
    {
        "token" => bucket.Token,
        "ws_id" => bucket.WsId,
        "meter" => bucket.Meter,
        _ => bucket.Action,
    };
}
