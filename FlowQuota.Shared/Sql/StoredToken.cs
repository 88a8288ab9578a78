namespace FlowQuota.Sql;

/// <summary>The stored state of a token that an import meets.</summary>
/// <param name="SecretHash">The stored hash of its secret; null if the token was deleted and only its rows are left.</param>
/// <param name="IsRotated">True if the token has another secret now than the one that it was imported with.</param>
/// <param name="ImportedRemaining">
/// Calls left at its import; null if it was not imported, has no quota, or retention removed the row.
/// </param>
internal sealed record StoredToken(byte[]? SecretHash, bool IsRotated, int? ImportedRemaining);
