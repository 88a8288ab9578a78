namespace FlowQuota.Quotas;

/// <summary>A snapshot that SQL did not take.</summary>
/// <param name="TokenId">The public id.</param>
/// <param name="Synced">What SQL has instead, the same change or a later one; null where there is no such token.</param>
public sealed record RefusedSnapshot(string TokenId, LedgerPosition? Synced);
