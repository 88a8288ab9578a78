namespace FlowQuota.Ledger;

/// <summary>One inconsistency in the ledger of a token.</summary>
/// <param name="TokenId">The public id; null for a dead letter that names none.</param>
/// <param name="Epoch">With <paramref name="Seq"/> the change at which the problem shows; null if it shows at none.</param>
/// <param name="Seq">See <paramref name="Epoch"/>.</param>
/// <param name="Problem">A word of <c>infra/verify_ledger.sql</c>, or <see cref="Live"/>.</param>
/// <param name="Detail">A description for people.</param>
public sealed record LedgerProblem(string? TokenId, long? Epoch, long? Seq, string Problem, string Detail)
{
    /// <summary>Redis and the newest change do not agree.</summary>
    public const string Live = "live";

    /// <summary>access_tokens does not show the newest row yet.</summary>
    public const string Unsynced = "unsynced";

    /// <summary>The token has a dead letter. Waiting changes cannot resolve it.</summary>
    public const string DeadLetter = "dead_letter";
}
