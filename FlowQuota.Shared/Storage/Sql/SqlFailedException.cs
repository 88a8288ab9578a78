using System.Data.Common;

namespace FlowQuota.Storage.Sql;

/// <summary>A driver's exception, together with what it means; leaves the stores only where it is a bug or a wrong setup.</summary>
/// <param name="failure">What it means.</param>
/// <param name="innerException">What the driver said.</param>
internal sealed class SqlFailedException(SqlFailure failure, Exception innerException)
    : DbException(innerException.Message, innerException)
{
    /// <summary>What the driver's exception means.</summary>
    public SqlFailure Failure { get; } = failure;
}
