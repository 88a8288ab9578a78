using System.Data.Common;

namespace FlowQuota.Storage.Sql;

/// <summary>A driver's exception, together with what it means; leaves the stores only if it is a bug.</summary>
/// <param name="failure">What it means.</param>
/// <param name="innerException">What the driver said.</param>
internal sealed class SqlFailedException(SqlFailure failure, Exception innerException)
    : DbException(innerException.Message, innerException)
{
    /// <summary>What the driver's exception means.</summary>
    public SqlFailure Failure { get; } = failure;
}
