using FlowQuota.Storage.Redis;
using StackExchange.Redis;

namespace FlowQuota.Quotas;

/// <summary>What the admission script answered to calls that were sent together.</summary>
/// <param name="Run">The run of the Redis server that answered, or an earlier one; '' = not known.</param>
/// <param name="Values">As admit.lua tells.</param>
internal readonly record struct AdmissionReply(string Run, RedisValue[] Values)
{
    /// <summary>Why there is no answer; null where there is one.</summary>
    public Exception? Failure { get; init; }

    /// <summary>True where the script stumbled over what it found, so that it took nothing.</summary>
    public bool IsScriptFailure => Failure is RedisServerException && !RedisServer.IsUnavailable(Failure);
}
