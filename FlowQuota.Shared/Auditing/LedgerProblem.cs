namespace FlowQuota.Auditing;

/// <summary>One thing in the books that does not balance.</summary>
/// <param name="TokenId">The public id; null for a set-aside record that names none.</param>
/// <param name="Epoch">With <paramref name="Seq"/> the change at which it shows; null where it is at none.</param>
/// <param name="Seq">See <paramref name="Epoch"/>.</param>
/// <param name="Problem">A word of <c>infra/verify_ledger.sql</c>, or <see cref="Live"/>.</param>
/// <param name="Detail">What was found, for people.</param>
public sealed record LedgerProblem(string? TokenId, long? Epoch, long? Seq, string Problem, string Detail)
{
    /// <summary>Redis and the newest record do not agree.</summary>
    public const string Live = "live";

    /// <summary>A record was set aside. It stays, whatever still waits.</summary>
    public const string DeadLetter = "dead_letter";
}
