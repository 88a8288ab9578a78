using FlowQuota.Storage.Redis;
using StackExchange.Redis;

namespace FlowQuota.Quotas;

/// <summary>What the admission script answered to calls that were sent together.</summary>
/// <param name="Run">The run of the Redis server that answered, or an earlier one; '' = not known.</param>
/// <param name="Values">As admit.lua tells.</param>
internal readonly record struct AdmissionReply(string Run, RedisValue[] Values)
{
    /// <summary>Why there is no answer; null if there is one.</summary>
    public Exception? Failure { get; init; }

    /// <summary>True if the script ran past the deadline of the calls, so that it took nothing.</summary>
    public bool IsLate { get; init; }

    /// <summary>True if the script may have run although no answer came, or may run yet.</summary>
    public bool IsInDoubt => Failure is not null && RedisServer.MayHaveRun(Failure);

    /// <summary>True where the script stumbled over what it found, so that it took nothing.</summary>
    public bool IsScriptFailure => Failure is RedisServerException && !RedisServer.IsUnavailable(Failure);
}
