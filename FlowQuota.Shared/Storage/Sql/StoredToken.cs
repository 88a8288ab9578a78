namespace FlowQuota.Storage.Sql;

/// <summary>What an import finds here of a token.</summary>
/// <param name="SecretHash">What is stored of its secret; null where the token was deleted and its records alone are left.</param>
/// <param name="ImportedRemaining">What was left when it was imported; null where it was not imported, has no quota, or retention removed the record.</param>
internal sealed record StoredToken(byte[]? SecretHash, int? ImportedRemaining);
