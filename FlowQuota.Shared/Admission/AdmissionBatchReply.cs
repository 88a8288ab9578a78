using FlowQuota.Redis;
using StackExchange.Redis;

namespace FlowQuota.Admission;

/// <summary>The reply of the admission script to calls that were sent together.</summary>
/// <param name="Run">The run of the Redis server that replied, or an earlier one; '' = not known.</param>
/// <param name="Values">The values that admit.lua describes.</param>
internal readonly record struct AdmissionBatchReply(string Run, RedisValue[] Values)
{
    /// <summary>Why there is no reply; null if there is one.</summary>
    public Exception? Failure { get; init; }

    /// <summary>True if the script ran past the deadline of the calls and took nothing.</summary>
    public bool IsLate { get; init; }

    /// <summary>True if the script may have run, or may still run, although no reply came.</summary>
    public bool IsInDoubt => Failure is not null && RedisServer.MayHaveRun(Failure);

    /// <summary>True if the script failed on stored data and took nothing.</summary>
    public bool IsScriptFailure => Failure is RedisServerException && !RedisServer.IsUnavailable(Failure);
}
