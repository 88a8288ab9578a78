using System.Globalization;
using FlowQuota.Errors;
using FlowQuota.Periods;
using FlowQuota.Redis;
using FlowQuota.Usage;
using StackExchange.Redis;

namespace FlowQuota.Drains;

/// <summary>
/// Writes the counts of refused calls to SQL: always the whole count of a quarter of an hour so far, so that it may die at any point
/// and be repeated, by several instances at once, too.
/// </summary>
/// <param name="redis">The server.</param>
/// <param name="scripts">Runs the removal.</param>
/// <param name="keyspace">The counts.</param>
/// <param name="store">Keeps them in SQL.</param>
public sealed class RefusalDrain(RedisServer redis, ScriptRunner scripts, RedisKeyspace keyspace, IRefusalStore store)
{
    private const int FieldsAtOnce = 1000;

    private const string Quota = "exhausted";
    private const string Rate = "rate";

    /// <summary>Writes the counts of all partitions in turn.</summary>
    /// <exception cref="StoreUnavailableException">Redis or SQL cannot be reached; the counts stay in Redis.</exception>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        for (int partition = 0; partition < keyspace.Partitions && !cancellationToken.IsCancellationRequested; partition++)
            await DrainAsync(partition, cancellationToken);
    }

    /// <summary>Writes the counts of one partition.</summary>
    /// <exception cref="StoreUnavailableException">Redis or SQL cannot be reached; the counts stay in Redis.</exception>
    public async Task DrainAsync(int partition, CancellationToken cancellationToken)
    {
        var key = keyspace.Refusals(partition);
        string cursor = "0";
        do
        {
            var reply = (RedisResult[])(await redis.ExecuteAsync(database => database.ExecuteAsync("HSCAN", [key, cursor, "COUNT", FieldsAtOnce])))!;
            cursor = (string)reply[0]!;
            var fields = (RedisValue[])reply[1]!;
            if (fields.Length == 0)
                continue;
            await store.WriteAsync(Read(fields), cancellationToken);
            await scripts.RunAsync(RedisScript.RemoveRefusals, partition, [key], fields);
        }
        while (cursor != "0");
    }

    private static List<RefusalCount> Read(RedisValue[] fields)
    {
        var counts = new Dictionary<(DateTime, string), RefusalCount>();
        for (int i = 0; i < fields.Length; i += 2)
        {
            if (((string?)fields[i])?.Split(' ') is not [var start, var reason, var token] || !UnixTime.TryParse(start, out var time)
                || !long.TryParse((string?)fields[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out long number))
            {
                continue;
            }

            var count = counts.GetValueOrDefault((time, token), new RefusalCount(time, token, 0, 0));
            counts[(time, token)] = reason switch
            {
                Quota => count with { Quota = number },
                Rate => count with { Rate = number },
                _ => count,
            };
        }

        return [.. counts.Values];
    }
}
