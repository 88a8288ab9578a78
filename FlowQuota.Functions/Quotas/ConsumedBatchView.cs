using System.Text.Json.Serialization;
using FlowQuota.Admission;
using FlowQuota.Functions.Tokens;

namespace FlowQuota.Functions.Quotas;

/// <summary>What became of a batch, and the remaining quota after it.</summary>
/// <param name="Consumed">Units that were taken.</param>
/// <param name="Items">What became of each item, in their order.</param>
/// <param name="QuotaType">Whether calls or time end the token.</param>
/// <param name="TotalQuota">Calls granted; null for a token without a quota.</param>
/// <param name="RemainingQuota">Calls left; null for a token without a quota.</param>
internal sealed record ConsumedBatchView(
    int Consumed, IReadOnlyList<ConsumedBatchView.Item> Items, string QuotaType, int? TotalQuota, int? RemainingQuota)
{
    /// <summary>One item.</summary>
    /// <param name="Status"><c>consumed</c>, <c>repeated</c> (charged before under its key) or <c>refused</c>.</param>
    internal sealed record Item(string Status)
    {
        /// <summary>Why it is refused; null otherwise.</summary>
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public string? ErrorType { get; init; }
    }

    public static ConsumedBatchView Of(AdmissionResult admission) => new(
        admission.Batch!.Units, [.. admission.Batch.Items.Select(Of)], TokenWords.Of(admission.Allowance!.Type), admission.Allowance.Total,
        admission.Allowance.Remaining);

    private static Item Of(BatchItemStatus status) => status switch
    {
        BatchItemStatus.Consumed => new Item("consumed"),
        BatchItemStatus.Repeated => new Item("repeated"),
        BatchItemStatus.Exhausted => new Item("refused") { ErrorType = Http.ErrorType.QuotaExceeded.Name },
        BatchItemStatus.Mismatch => new Item("refused") { ErrorType = Http.ErrorType.IdempotencyMismatch.Name },
        BatchItemStatus.NotTaken => new Item("refused"),
    };
}
