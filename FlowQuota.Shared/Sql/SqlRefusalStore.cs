using System.Text;
using Dapper;
using FlowQuota.Usage;

namespace FlowQuota.Sql;

/// <summary><see cref="IRefusalStore"/> in <c>usage_refusals</c>.</summary>
/// <param name="dialect">The server.</param>
public sealed class SqlRefusalStore(SqlDialect dialect) : IRefusalStore
{
    /// <inheritdoc/>
    public Task WriteAsync(IReadOnlyList<RefusalCount> counts, CancellationToken cancellationToken)
    {
        // In the order of their key, so that two writers cannot deadlock.
        var ordered = counts.Where(count => Ascii.IsValid(count.TokenId)).OrderBy(count => count.Start).ThenBy(count => count.TokenId, StringComparer.Ordinal).ToList();
        if (ordered.Count == 0) return Task.CompletedTask;

        string[] tokens = [.. ordered.Select(count => count.TokenId).Distinct()];
        return dialect.WriteAsync(
            async (transaction, ct) =>
            {
                var owners = (await transaction.Connection!.QueryAsync<(string Token, string WorkspaceId)>(
                    dialect.Command(SqlStatement.FindOwners, new { tokens }, transaction, ct)))
                    .ToDictionary(row => row.Token, row => row.WorkspaceId, StringComparer.Ordinal);
                var rows = ordered.Select(count => new object[]
                {
                    count.Start, count.TokenId, owners.GetValueOrDefault(count.TokenId, ""), count.Quota, count.Rate,
                });
                await SqlRows.InsertAsync(dialect, SqlStatement.WriteRefusals, rows, transaction, ct);
                return true;
            },
            repeatable: true,
            cancellationToken);
    }
}
