namespace FlowQuota.Ledger;

/// <summary>The end of a token's ledger in SQL, and its grant in <c>access_tokens</c>.</summary>
/// <param name="TokenId">The public id.</param>
/// <param name="WorkspaceId">The owner's workspace, from the row.</param>
/// <param name="Email">The owner's e-mail address, from the row.</param>
/// <param name="Position">Position of the newest row.</param>
/// <param name="QuotaAfter">Calls left after it; null for a token without a quota.</param>
/// <param name="Total">Calls granted, from <c>access_tokens</c>; null without a quota, or if the token is deleted.</param>
/// <param name="Period">
/// The token's period, from <c>access_tokens</c>, as it is there; null without periods, or if the token is deleted.
/// </param>
public sealed record LedgerTail(
    string TokenId, string WorkspaceId, string Email, LedgerPosition Position, int? QuotaAfter, int? Total, string? Period)
{
    /// <summary>Units that reservations hold, from <c>access_tokens</c>.</summary>
    public int Reserved { get; init; }

    /// <summary>The rule of the token's periods, from <c>access_tokens</c>, as it is there; null as for <see cref="Period"/>.</summary>
    public string? Rule { get; init; }

    /// <summary>The row version of the token's terms; null if the token is deleted.</summary>
    public long? TermsVersion { get; init; }

    /// <summary>The end of the ledger once the waiting changes are written.</summary>
    internal LedgerTail With(LedgerPosition waiting, int? quotaAfter) =>
        waiting > Position ? this with { Position = waiting, QuotaAfter = quotaAfter } : this;
}
