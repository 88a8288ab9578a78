using System.Net;

namespace FlowQuota.Client;

/// <summary>
/// A call that FlowQuota did not answer, could not decide, or rejected as wrong. A call that a quota or a rate limit refuses is
/// no exception but a result (<see cref="MeteredResult.Refusal"/>).
/// </summary>
public sealed class FlowQuotaException : Exception
{
    internal FlowQuotaException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }

    /// <summary>The HTTP status; null if there was no response.</summary>
    public HttpStatusCode? Status { get; internal init; }

    /// <summary>
    /// The <c>error.type</c> of the response, such as <c>AuthenticationError</c>; null if there was no response, or if something
    /// else than FlowQuota wrote it.
    /// </summary>
    public string? ErrorType { get; internal init; }

    /// <summary>
    /// The id of the request, the same for all its tries. The service's log has it, and <see cref="FlowQuotaClient.FindCallAsync"/>
    /// finds whether the call was charged.
    /// </summary>
    public required string RequestId { get; init; }

    /// <summary>The key to repeat the call under, so that it is charged once; null if the call takes none.</summary>
    public string? IdempotencyKey { get; internal init; }

    /// <summary>How long to wait before a repeat, by the response; null if it does not say.</summary>
    public TimeSpan? RetryAfter { get; internal init; }

    /// <summary>
    /// True if the call may be repeated later: there was no response, FlowQuota could not decide, or an earlier call under the key
    /// still runs. The client has repeated it already, as <see cref="FlowQuotaRetryOptions"/> says. Unless it is repeated under
    /// <see cref="IdempotencyKey"/>, it may be charged twice.
    /// </summary>
    public bool IsTransient { get; internal init; }
}
