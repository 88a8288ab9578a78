using Dapper;
using FlowQuota.Settings;

namespace FlowQuota.Storage.Sql;

/// <summary><see cref="ISharedSettingStore"/> in <c>shared_settings</c>.</summary>
/// <param name="dialect">The server.</param>
/// <param name="clock">When a setting was first kept.</param>
public sealed class SqlSharedSettingStore(SqlDialect dialect, TimeProvider clock) : ISharedSettingStore
{
    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<string, string>> KeepAsync(
        IReadOnlyDictionary<string, string> own, CancellationToken cancellationToken)
    {
        var kept = await ReadAsync(own, cancellationToken);
        if (own.Keys.All(kept.ContainsKey)) return kept;

        const string insert = "INSERT INTO shared_settings (name, value, created_at) VALUES (@name, @value, @now)";
        foreach (var (name, value) in own.Where(setting => !kept.ContainsKey(setting.Key)))
        {
            try
            {
                var values = new { name, value, now = clock.GetUtcNow().UtcDateTime };
                await dialect.WriteAsync(
                    (transaction, ct) => transaction.Connection!.ExecuteAsync(new CommandDefinition(insert, values, transaction, cancellationToken: ct)),
                    repeatable: true,
                    cancellationToken);
            }
            catch (SqlFailedException failed) when (failed.Failure == SqlFailure.DuplicateKey)
            {
                // Another instance was first.
            }
        }

        return await ReadAsync(own, cancellationToken);
    }

    private Task<IReadOnlyDictionary<string, string>> ReadAsync(IReadOnlyDictionary<string, string> own, CancellationToken cancellationToken) =>
        dialect.ReadAsync<IReadOnlyDictionary<string, string>>(
            async (connection, ct) => (await connection.QueryAsync<(string Name, string Value)>(new CommandDefinition(
                "SELECT name, value FROM shared_settings WHERE name IN @names", new { names = own.Keys.ToArray() }, cancellationToken: ct)))
                .ToDictionary(row => row.Name, row => row.Value, StringComparer.Ordinal),
            cancellationToken);
}
