using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using FlowQuota.Errors;
using FlowQuota.Redis;
using FlowQuota.Settings;
using FlowQuota.Sql;
using StackExchange.Redis;

namespace FlowQuota.Hosting;

/// <summary>
/// Compares the settings that all instances must share with those of the first instance, which Redis and SQL keep. No script
/// runs before the comparison with Redis, so an instance with other settings takes nothing (invariant 17).
/// </summary>
internal sealed class SharedSettings(RedisServer redis, SqlSharedSettingStore store, FlowQuotaSettings settings) : IStoreGuard
{
    private const string Partitions = "REDIS_PARTITIONS";
    private const string Pepper = "TOKEN_PEPPER";
    private const int FingerprintBytes = 16;

    // One key for all partitions, in any slot of a cluster.
    private static readonly RedisKey Key = "shared_settings";

    private readonly Dictionary<string, string> _own = new(StringComparer.Ordinal)
    {
        [Partitions] = settings.Redis.Partitions.ToString(CultureInfo.InvariantCulture),
        [Pepper] = Fingerprint(settings.TokenPepper),
    };

    /// <summary>
    /// Compares with Redis. If Redis has no settings, compares with SQL and stores the settings in Redis if they are equal.
    /// </summary>
    /// <inheritdoc/>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        RedisValue[] names = [.. _own.Keys.Select(name => (RedisValue)name)];
        var kept = await ReadAsync(names);
        Compare(kept);
        if (_own.Keys.All(kept.ContainsKey))
            return;

        await CheckSqlAsync(cancellationToken);
        foreach (var (name, value) in _own)
            await redis.ExecuteAsync(database => database.HashSetAsync(Key, name, value, When.NotExists));
        // Another instance may have been first.
        Compare(await ReadAsync(names));
    }

    /// <summary>Compares with SQL.</summary>
    /// <exception cref="SettingException">A setting differs; the message is one line.</exception>
    /// <exception cref="StoreUnavailableException">SQL cannot be reached.</exception>
    public async Task CheckSqlAsync(CancellationToken cancellationToken) =>
        Compare(await store.KeepAsync(_own, cancellationToken));

    private async Task<Dictionary<string, string>> ReadAsync(RedisValue[] names)
    {
        var values = await redis.ExecuteAsync(database => database.HashGetAsync(Key, names));
        return names.Zip(values).Where(pair => pair.Second.HasValue)
            .ToDictionary(pair => (string)pair.First!, pair => (string)pair.Second!, StringComparer.Ordinal);
    }

    private void Compare(IReadOnlyDictionary<string, string> kept)
    {
        if (kept.TryGetValue(Partitions, out string? partitions) && partitions != _own[Partitions])
            throw new SettingException(Partitions, $"\"{_own[Partitions]}\"", $"\"{partitions}\", which the instances on these stores use");
        if (kept.TryGetValue(Pepper, out string? pepper) && pepper != _own[Pepper])
            throw new SettingException(Pepper, "another one than before", "the one that the instances on these stores use");
    }

    // Not the plain hash of the pepper, which would be the same wherever the pepper is used.
    private static string Fingerprint(string pepper) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(pepper), "flowquota:shared-setting"u8), 0, FingerprintBytes);
}
