using FlowQuota.Errors;

namespace FlowQuota.Sql;

/// <summary>SQL cannot do the work, and the work itself is not the cause.</summary>
/// <param name="failure">The meaning of the driver's exception.</param>
/// <param name="reason">What is wrong, in words for an operator.</param>
/// <param name="innerException">The driver's exception.</param>
internal sealed class SqlUnavailableException(SqlFailure failure, string reason, Exception innerException)
    : StoreUnavailableException("SQL", innerException, reason)
{
    /// <summary>The meaning of the driver's exception.</summary>
    public SqlFailure Failure { get; } = failure;

    /// <summary>True if nothing that needs SQL will work until an operator changes the database or the account.</summary>
    public bool IsLasting => Failure is SqlFailure.SchemaMissing or SqlFailure.NotAllowed;
}
