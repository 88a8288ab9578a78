using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using FlowQuota.Storage;
using FlowQuota.Storage.Redis;
using StackExchange.Redis;

namespace FlowQuota.Settings;

/// <summary>
/// Compares the settings that all instances must share with those of the first instance, which Redis and SQL keep. No script
/// runs before Redis was asked, so an instance that is set up differently takes nothing (invariant 17).
/// </summary>
internal sealed class SharedSettings(RedisServer redis, ISharedSettingStore store, FlowQuotaSettings settings)
{
    private const string Partitions = "REDIS_PARTITIONS";
    private const string Pepper = "TOKEN_PEPPER";
    private const int FingerprintBytes = 16;

    // One key for all partitions, in whichever slot of a cluster.
    private static readonly RedisKey Key = "shared_settings";

    private readonly Dictionary<string, string> _own = new(StringComparer.Ordinal)
    {
        [Partitions] = settings.RedisPartitions.ToString(CultureInfo.InvariantCulture),
        [Pepper] = Fingerprint(settings.TokenPepper),
    };

    /// <summary>Compares with Redis; if it does not know, with SQL, and keeps there what is the same.</summary>
    /// <exception cref="SettingException">A setting differs; the message is one line.</exception>
    /// <exception cref="StoreUnavailableException">It cannot be known now.</exception>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        RedisValue[] names = [.. _own.Keys.Select(name => (RedisValue)name)];
        var kept = await ReadAsync(names).ConfigureAwait(false);
        Compare(kept);
        if (_own.Keys.All(kept.ContainsKey))
            return;

        await CheckSqlAsync(cancellationToken).ConfigureAwait(false);
        foreach (var (name, value) in _own)
            await AskAsync(database => database.HashSetAsync(Key, name, value, When.NotExists)).ConfigureAwait(false);
        // Another instance may have been first.
        Compare(await ReadAsync(names).ConfigureAwait(false));
    }

    /// <summary>Compares with SQL.</summary>
    /// <exception cref="SettingException">A setting differs; the message is one line.</exception>
    /// <exception cref="StoreUnavailableException">SQL cannot be reached.</exception>
    public async Task CheckSqlAsync(CancellationToken cancellationToken) =>
        Compare(await store.KeepAsync(_own, cancellationToken).ConfigureAwait(false));

    private async Task<Dictionary<string, string>> ReadAsync(RedisValue[] names)
    {
        var values = await AskAsync(database => database.HashGetAsync(Key, names)).ConfigureAwait(false);
        return names.Zip(values).Where(pair => pair.Second.HasValue)
            .ToDictionary(pair => (string)pair.First!, pair => (string)pair.Second!, StringComparer.Ordinal);
    }

    private async Task<T> AskAsync<T>(Func<IDatabase, Task<T>> command)
    {
        try
        {
            return await redis.RunAsync(command).ConfigureAwait(false);
        }
        catch (Exception e) when (RedisServer.IsUnavailable(e))
        {
            throw new StoreUnavailableException("Redis", e);
        }
    }

    private void Compare(IReadOnlyDictionary<string, string> kept)
    {
        if (kept.TryGetValue(Partitions, out string? partitions) && partitions != _own[Partitions])
            throw new SettingException(Partitions, $"\"{_own[Partitions]}\"", $"\"{partitions}\", which the instances on these stores use");
        if (kept.TryGetValue(Pepper, out string? pepper) && pepper != _own[Pepper])
            throw new SettingException(Pepper, "another one than before", "the one that the instances on these stores use");
    }

    // Not the pepper's plain hash, which would be the same wherever the pepper is used.
    private static string Fingerprint(string pepper) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(pepper), "flowquota:shared-setting"u8), 0, FingerprintBytes);
}
