using FlowQuota.Errors;

namespace FlowQuota.Administration;

/// <summary>An admin's change could not be made, or not completed, because a store is unavailable.</summary>
/// <param name="cause">The store and the reason.</param>
/// <param name="mayBeApplied">Whether the change may be in force already, or later.</param>
public sealed class ChangeUnavailableException(StoreUnavailableException cause, bool mayBeApplied)
    : StoreUnavailableException(cause.Store, cause, cause.Reason)
{
    /// <summary>False if nothing was changed; true if only a repeat under the same id can show whether it was.</summary>
    public bool MayBeApplied { get; } = mayBeApplied;
}
