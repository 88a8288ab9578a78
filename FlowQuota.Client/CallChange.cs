using System.Text.Json.Serialization;

namespace FlowQuota.Client;

/// <summary>One change of a quota that a call made.</summary>
/// <param name="Action">What it was, as the service's log names it, such as <c>consume</c> or <c>refund</c>.</param>
/// <param name="QuotaBefore">Units left before it; null for a token without a quota.</param>
/// <param name="QuotaAfter">Units left after it; null for a token without a quota.</param>
/// <param name="QuotaChange">The difference.</param>
/// <param name="ExecutionSuccess">Whether the code succeeded; null if none ran, or if it is not known.</param>
/// <param name="ErrorType">Why the code failed; null if it did not.</param>
/// <param name="ErrorMessage">What failed; null if nothing did.</param>
/// <param name="IdempotencyKey">The key of the call; null = none.</param>
/// <param name="CreatedAt">When it was made, in the service's zone.</param>
public sealed record CallChange(
    string Action, int? QuotaBefore, int? QuotaAfter, int QuotaChange, bool? ExecutionSuccess,
    [property: JsonPropertyName("execution_error_type")] string? ErrorType,
    [property: JsonPropertyName("execution_error_message")] string? ErrorMessage, string? IdempotencyKey, DateTime CreatedAt);
