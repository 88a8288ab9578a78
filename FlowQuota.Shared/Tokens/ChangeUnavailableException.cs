using FlowQuota.Storage;

namespace FlowQuota.Tokens;

/// <summary>An admin's change could not be carried out, or not to its end, because a store is unavailable.</summary>
/// <param name="cause">Which store, and why.</param>
/// <param name="mayBeApplied">Whether the change may be in force, or come into force by itself.</param>
public sealed class ChangeUnavailableException(StoreUnavailableException cause, bool mayBeApplied)
    : StoreUnavailableException(cause.Store, cause, cause.Reason)
{
    /// <summary>False if nothing was changed; true if only a repeat under the same id finds out.</summary>
    public bool MayBeApplied { get; } = mayBeApplied;
}
