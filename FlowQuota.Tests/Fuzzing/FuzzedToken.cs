using FlowQuota.Tests.Apps;
using StackExchange.Redis;

namespace FlowQuota.Tests.Fuzzing;

/// <summary>A token of the fuzz test, and its last known state in Redis.</summary>
internal sealed class FuzzedToken(TestToken token)
{
    /// <summary>The token with its present secret.</summary>
    public TestToken Token { get; set; } = token;

    public long Seq { get; private set; } = 1;

    public long? Remaining { get; private set; }

    public bool IsDeleted { get; private set; }

    /// <summary>Calls that were admitted.</summary>
    public int Admitted { get; set; }

    /// <summary>Reads Redis; returns how many changes there were since the last read, and the units they took.</summary>
    public async Task<(long Changes, long Taken)> PeekAsync(IDatabase redis)
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
