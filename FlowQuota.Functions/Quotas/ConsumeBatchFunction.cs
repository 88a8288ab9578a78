using System.Globalization;
using FlowQuota.Admission;
using FlowQuota.Functions.Http;
using FlowQuota.Functions.Requests;
using FlowQuota.Ledger;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace FlowQuota.Functions.Quotas;

/// <summary>Meters calls that were made earlier, together.</summary>
public sealed class ConsumeBatchFunction(FlowPipeline pipeline, QuotaLedger ledger, AccessTokenAuthentication callers)
{
    private static readonly StringField ItemKey = new("idempotency_key", "The key under which the item is charged once, in whichever batch it comes.")
    {
        Pattern = IdempotencyKeyHeader.Pattern,
        IsValid = IdempotencyKeyHeader.IsKey,
        Expected = IdempotencyKeyHeader.Expected,
    };

    private static readonly ObjectListField Items = new("items", 500, [Cost.Field, Meter.Field, ItemKey], "The calls, in the order in which they are decided.") { IsRequired = true };

    private static readonly FlagField Atomic = new("atomic", "True: all are charged or none. False: each stands for itself. True by default.");

    private static readonly Operation Consuming = new("ConsumeBatch", Access.Token)
    {
        Body = new RequestBody(256 * 1024, [Items, Atomic])
        {
            Example = """{"items":[{"cost":1,"meter":"image","idempotency_key":"job-17"},{"meter":"text"}],"atomic":false}""",
        },
        Response = new ResponseContent(FlowJson.Default.ConsumedBatchView, "What became of each item, and what is left."),
        TakesKey = true,
        TellsAllowance = true,
        Errors = [ErrorType.QuotaExceeded, ErrorType.RateLimit],
    };

    /// <summary>Takes the units of up to 500 calls, all or none unless <c>atomic</c> is false.</summary>
    [Function("ConsumeBatch")]
    public Task<IResult> ConsumeBatch(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "flow/consume/batch")] HttpRequest request) =>
        pipeline.RunAsync(request, Consuming, async flow =>
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
        using var body = await JsonBody.ReadAsync(flow);
        var items = body.Objects(Items).Select(item =>
        {
            int cost = Cost.Of(item, Cost.Field);
            string meter = Meter.Of(item);
            string? key = item.OptionalString(ItemKey);
            return new BatchItem(cost, meter, key is null
                ? null
                : IdempotencyKey.OfCaller("consume/batch/item", key, string.Create(CultureInfo.InvariantCulture, $"{cost} {meter}")));
        });
        return new Batch([.. items], body.OptionalFlag(Atomic) ?? true);
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
                    return new ProblemResult(flow, ErrorType.QuotaExceeded,
                        string.Create(CultureInfo.InvariantCulture, $"items[{i}].cost {batch.Items[i].Cost} is more than what the items before it leave of {admission.Allowance!.Remaining}; nothing was taken."))
                    {
                        Allowance = admission.Allowance,
                        RetryAfterSeconds = admission.SecondsToRefill(flow.Clock.UtcNow),
                        ReservedQuota = admission.Allowance.Reserved,
                    };
                case BatchItemStatus.Mismatch:
                    return new ProblemResult(flow, ErrorType.IdempotencyMismatch,
                        string.Create(CultureInfo.InvariantCulture, $"items[{i}].idempotency_key belongs to an earlier call that asked for something else; nothing was taken."));
            }
        }

        return null;
    }
}
