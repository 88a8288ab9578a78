namespace FlowQuota.Storage.Sql;

/// <summary>SQL cannot do what it was asked to, and what that was is not to blame.</summary>
/// <param name="failure">What the driver's exception means.</param>
/// <param name="reason">What is wrong, in words for an operator.</param>
/// <param name="innerException">The driver's exception.</param>
internal sealed class SqlUnavailableException(SqlFailure failure, string reason, Exception innerException)
    : StoreUnavailableException("SQL", innerException, reason)
{
    /// <summary>What the driver's exception means.</summary>
    public SqlFailure Failure { get; } = failure;

    /// <summary>True if nothing that needs SQL will work until an operator changes the database or the account.</summary>
    public bool IsLasting => Failure is SqlFailure.SchemaMissing or SqlFailure.NotAllowed;
}
