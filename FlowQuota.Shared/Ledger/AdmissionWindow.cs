namespace FlowQuota.Ledger;

/// <summary>The period in which a call can have been admitted, in ms since 1970 by the clock of its Redis server.</summary>
/// <param name="From">The call was not sent before this time.</param>
/// <param name="Until">The call's deadline; the script refuses it later.</param>
internal readonly record struct AdmissionWindow(long From, long Until)
{
    /// <summary>When the call was sent; a timestamp of the local clock.</summary>
    public long SentAt { get; init; }
}
