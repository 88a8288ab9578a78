using System.Text;
using StackExchange.Redis;

namespace FlowQuota.Tests.Apps;

/// <summary>Everything that one database of Redis holds, keys and values, as text.</summary>
public static class RedisDump
{
    public static async Task<string> ReadAsync(IDatabase redis)
    {
        var text = new StringBuilder();
        foreach (string? key in (string?[])(await redis.ExecuteAsync("KEYS", "*"))!)
        {
            text.AppendLine(key);
            switch (await redis.KeyTypeAsync(key))
            {
                case RedisType.String:
                    text.AppendLine(await redis.StringGetAsync(key));
                    break;
                case RedisType.Hash:
                    text.AppendJoin('\n', await redis.HashGetAllAsync(key)).AppendLine();
                    break;
                case RedisType.List:
                    text.AppendJoin('\n', await redis.ListRangeAsync(key)).AppendLine();
                    break;
                case RedisType.None:
                    // A ring or a lease that expired between the listing and the read.
                    break;
                case var other:
                    throw new InvalidOperationException($"{key} is a {other}, which nobody would look into.");
            }
        }

        return text.ToString();
    }
}
