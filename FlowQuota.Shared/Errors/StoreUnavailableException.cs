namespace FlowQuota.Errors;

/// <summary>A store that FlowQuota needs cannot be reached, or did not answer in time; the same call may work later.</summary>
/// <param name="store">The store: <c>Redis</c>, <c>SQL</c> or <c>Queue storage</c>; shown to callers.</param>
/// <param name="innerException">The driver's exception. Logged, never returned to callers.</param>
/// <param name="reason">See <see cref="Reason"/>.</param>
public class StoreUnavailableException(string store, Exception? innerException = null, string? reason = null)
    : Exception($"{store} is unavailable.", innerException)
{
    /// <summary>Which store: <c>Redis</c>, <c>SQL</c> or <c>Queue storage</c>.</summary>
    public string Store { get; } = store;

    /// <summary>
    /// The cause and, if an operator can remove it, how; continues a sentence that begins with the store's name. Contains no
    /// text of a driver's message, which may have a host name or an account. Null = not known.
    /// </summary>
    public string? Reason { get; } = reason;
}
