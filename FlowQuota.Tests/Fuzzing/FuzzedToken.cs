using FlowQuota.Tests.Apps;
using StackExchange.Redis;

namespace FlowQuota.Tests.Fuzzing;

/// <summary>A token of the fuzz, and where Redis last stood with it.</summary>
internal sealed class FuzzedToken(TestToken token)
{
    public TestToken Token { get; } = token;

    public long Seq { get; private set; } = 1;

    public long? Remaining { get; private set; }

    public bool IsDeleted { get; private set; }

    /// <summary>Calls that were admitted.</summary>
    public int Admitted { get; set; }

    /// <summary>Looks at Redis; gives how many changes there were since the last look, and what they took.</summary>
    public async Task<(long Changes, long Taken)> LookAsync(IDatabase redis)
    {
        var counter = redis.StringGetAsync($"quota:{Token.Id}");
        var fields = await redis.HashGetAsync($"token:{Token.Id}", ["seq", "deleted"]);
        long? remaining = (long?)await counter;
        IsDeleted = !fields[1].IsNull;
        if (IsDeleted)
            return (0, 0);
        var seen = ((long)fields[0] - Seq, (Remaining ?? 0) - (remaining ?? 0));
        (Seq, Remaining) = ((long)fields[0], remaining);
        return seen;
    }
}
