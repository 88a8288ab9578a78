namespace FlowQuota.Quotas;

/// <summary>When a call that was sent can have been admitted, in ms since 1970 by the clock of its Redis server.</summary>
/// <param name="From">Not before it was sent.</param>
/// <param name="Until">Not after its deadline, because the script refuses it then.</param>
internal readonly record struct AdmissionWindow(long From, long Until);
