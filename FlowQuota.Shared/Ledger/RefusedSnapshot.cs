namespace FlowQuota.Ledger;

/// <summary>A snapshot that SQL did not write.</summary>
/// <param name="TokenId">The public id.</param>
/// <param name="Synced">The stored position, of the same change or a later one; null if the token does not exist.</param>
public sealed record RefusedSnapshot(string TokenId, LedgerPosition? Synced);
