namespace FlowQuota.Storage;

/// <summary>A store that FlowQuota needs cannot be reached, or did not answer in time; the same call may work later.</summary>
/// <param name="store">Which one: <c>Redis</c> or <c>SQL</c>; shown to callers.</param>
/// <param name="innerException">The driver's exception. Logged, never returned to callers.</param>
public class StoreUnavailableException(string store, Exception? innerException = null)
    : Exception($"{store} is unavailable.", innerException)
{
    /// <summary>Which store: <c>Redis</c> or <c>SQL</c>.</summary>
    public string Store { get; } = store;
}
