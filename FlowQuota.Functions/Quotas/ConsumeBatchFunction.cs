using System.Globalization;
using FlowQuota.Admission;
using FlowQuota.Functions.Http;
using FlowQuota.Ledger;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace FlowQuota.Functions.Quotas;

/// <summary>Meters calls that were made earlier, together.</summary>
public sealed class ConsumeBatchFunction(FlowPipeline pipeline, QuotaLedger ledger, AccessTokenAuthentication callers)
{
    private const int MaxBodyBytes = 256 * 1024;
    private const int MaxItems = 500;

    /// <summary>Takes the units of up to 500 calls, all or none unless <c>atomic</c> is false.</summary>
    [Function("ConsumeBatch")]
    public Task<IResult> ConsumeBatch(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "flow/consume/batch")] HttpRequest request) =>
        pipeline.RunAsync(request, Access.Token, async flow =>
        {
            if (callers.Of(request) is not { } token)
                return Refusals.NoToken(flow);
            var batch = await ReadAsync(flow);
            var key = IdempotencyKeyHeader.TryRead(request, out string? text)
                ? IdempotencyKey.OfCaller("consume/batch", text, Asked(batch))
                : null;
            var admission = await ledger.AdmitAsync(token, batch, flow.Id, key);
            if (Refusals.Of(flow, admission) is { } refusal)
                return refusal;
            if (batch.IsAtomic && RefusedItem(flow, batch, admission) is { } refused)
                return refused;
            return new DataResult<ConsumedBatchView>(flow, ConsumedBatchView.Of(admission), FlowJson.Default.ConsumedBatchView, "Batch consumed.")
            {
                Allowance = admission.Allowance,
                IsReplay = admission.IsRepeat,
                OriginalRequestId = admission.OriginalRequestId,
            };
        });

    private static async Task<Batch> ReadAsync(FlowRequest flow)
    {
        using var body = await JsonBody.ReadAsync(flow, MaxBodyBytes, mayBeEmpty: false, "items", "atomic");
        var items = body.Objects("items", MaxItems, "cost", "meter", "idempotency_key").Select(item =>
        {
            int cost = Cost.Of(item);
            string meter = Meter.Read(item);
            string? key = item.OptionalString("idempotency_key");
            if (key is not null && !IdempotencyKeyHeader.IsKey(key))
                throw item.Invalid("idempotency_key", IdempotencyKeyHeader.Expected);
            return new BatchItem(cost, meter, key is null
                ? null
                : IdempotencyKey.OfCaller("consume/batch/item", key, string.Create(CultureInfo.InvariantCulture, $"{cost} {meter}")));
        });
        return new Batch([.. items], body.OptionalFlag("atomic") ?? true);
    }

    private static string Asked(Batch batch) =>
        $"{batch.IsAtomic}\n{string.Join('\n', batch.Items.Select(item => string.Create(CultureInfo.InvariantCulture, $"{item.Cost} {item.Meter} {item.Key?.Text}")))}";

    /// <summary>The response if an item is refused; null if none is.</summary>
    private static ProblemResult? RefusedItem(FlowRequest flow, Batch batch, AdmissionResult admission)
    {
        for (int i = 0; i < batch.Items.Count; i++)
        {
            switch (admission.Batch!.Items[i])
            {
                case BatchItemStatus.Exhausted:
                    return new ProblemResult(flow, StatusCodes.Status429TooManyRequests, ErrorType.QuotaExceeded,
                        string.Create(CultureInfo.InvariantCulture, $"items[{i}].cost {batch.Items[i].Cost} is more than what the items before it leave of {admission.Allowance!.Remaining}; nothing was taken."))
                    {
                        Allowance = admission.Allowance,
                        RetryAfterSeconds = admission.SecondsToRefill(flow.Clock.UtcNow),
                        ReservedQuota = admission.Allowance.Reserved,
                    };
                case BatchItemStatus.Mismatch:
                    return new ProblemResult(flow, StatusCodes.Status422UnprocessableEntity, ErrorType.IdempotencyMismatch,
                        string.Create(CultureInfo.InvariantCulture, $"items[{i}].idempotency_key belongs to an earlier call that asked for something else; nothing was taken."));
            }
        }

        return null;
    }
}
