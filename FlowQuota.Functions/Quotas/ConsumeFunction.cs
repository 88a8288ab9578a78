using System.Globalization;
using FlowQuota.Admission;
using FlowQuota.Functions.Http;
using FlowQuota.Functions.Requests;
using FlowQuota.Functions.Tokens;
using FlowQuota.Ledger;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace FlowQuota.Functions.Quotas;

/// <summary>Meters a call that another service executes.</summary>
public sealed class ConsumeFunction(FlowPipeline pipeline, QuotaLedger ledger, AccessTokenAuthentication callers)
{
    private static readonly Operation Consuming = new("Consume", Access.Token)
    {
        Body = new RequestBody(4 * 1024, [Cost.Field, Meter.Field]) { MayBeEmpty = true, Example = """{"cost":3,"meter":"image"}""" },
        Response = new ResponseContent(FlowJson.Default.ConsumedView, "What is left after the call."),
        TakesKey = true,
        TellsAllowance = true,
        Errors = [ErrorType.QuotaExceeded, ErrorType.RateLimit],
    };

    /// <summary>Takes <c>cost</c> units, all or none.</summary>
    [Function("Consume")]
    public Task<IResult> Consume(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "flow/consume")] HttpRequest request) =>
        pipeline.RunAsync(request, Consuming, async flow =>
        {
            if (callers.Of(request) is not { } token)
                return Refusals.NoToken(flow);
            using var body = await JsonBody.ReadAsync(flow);
            int cost = Cost.Of(body, Cost.Field);
            string meter = Meter.Of(body);
            var key = IdempotencyKeyHeader.TryRead(request, out string? text)
                ? IdempotencyKey.OfCaller("consume", text, Asked(cost, meter))
                : null;
            var admission = await ledger.AdmitAsync(token, cost, flow.Id, hasOutcome: false, key, meter);
            if (Refusals.Of(flow, admission, cost) is { } refusal)
                return refusal;
            var allowance = admission.Allowance!;
            return new DataResult<ConsumedView>(flow,
                new ConsumedView(TokenWords.Of(allowance.Type), allowance.Total, allowance.Remaining), FlowJson.Default.ConsumedView, "Consumed.")
            {
                Allowance = allowance,
                IsReplay = admission.IsRepeat,
                OriginalRequestId = admission.OriginalRequestId,
            };
        });

    private static string Asked(int cost, string meter) => string.Create(CultureInfo.InvariantCulture, $"{cost}{(meter.Length == 0 ? "" : " ")}{meter}");
}
