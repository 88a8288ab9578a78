using System.Data.Common;

namespace FlowQuota.Sql;

/// <summary>A driver's exception with its meaning; leaves the stores only if it is a bug.</summary>
/// <param name="failure">Its meaning.</param>
/// <param name="innerException">The driver's exception.</param>
internal sealed class SqlFailedException(SqlFailure failure, Exception innerException)
    : DbException(innerException.Message, innerException)
{
    /// <summary>The meaning of the driver's exception.</summary>
    public SqlFailure Failure { get; } = failure;
}
