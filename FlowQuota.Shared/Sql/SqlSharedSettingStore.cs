using Dapper;
using FlowQuota.Errors;

namespace FlowQuota.Sql;

/// <summary>
/// Keeps the settings that all instances must share in <c>shared_settings</c>, with the values of the first instance.
/// </summary>
/// <param name="dialect">The server.</param>
/// <param name="clock">The clock for the time when a setting is first stored.</param>
public sealed class SqlSharedSettingStore(SqlDialect dialect, TimeProvider clock)
{
    /// <summary>Stores the settings that are not stored yet, and reads all of them.</summary>
    /// <param name="own">This instance's settings, by name.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The stored values, by name.</returns>
    /// <exception cref="StoreUnavailableException">SQL cannot be reached.</exception>
    public async Task<IReadOnlyDictionary<string, string>> KeepAsync(
        IReadOnlyDictionary<string, string> own, CancellationToken cancellationToken)
    {
        var kept = await ReadAsync(own, cancellationToken);
        if (own.Keys.All(kept.ContainsKey)) return kept;

        foreach (var (name, value) in own.Where(setting => !kept.ContainsKey(setting.Key)))
        {
            try
            {
                var values = new { name, value, now = clock.GetUtcNow().UtcDateTime };
                await dialect.WriteAsync(
                    (transaction, ct) => transaction.Connection!.ExecuteAsync(
                        dialect.Command(SqlStatement.InsertSharedSetting, values, transaction, ct)),
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
            async (connection, ct) => (await connection.QueryAsync<(string Name, string Value)>(
                dialect.Command(SqlStatement.ReadSharedSettings, new { names = own.Keys.ToArray() }, ct)))
                .ToDictionary(row => row.Name, row => row.Value, StringComparer.Ordinal),
            cancellationToken);
}
