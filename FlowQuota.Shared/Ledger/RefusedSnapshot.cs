namespace FlowQuota.Ledger;

/// <summary>A snapshot that SQL did not write.</summary>
/// <param name="TokenId">The public id.</param>
/// <param name="Synced">The stored position, which is later; null if the token does not exist.</param>
public sealed record RefusedSnapshot(string TokenId, LedgerPosition? Synced);
