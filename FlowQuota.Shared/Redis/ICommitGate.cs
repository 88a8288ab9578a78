namespace FlowQuota.Redis;

/// <summary>
/// Commits the writes of commands to the log of an embedded Redis before their replies are used. A Redis server writes its
/// log by itself and has no gate.
/// </summary>
public interface ICommitGate
{
    /// <summary>
    /// Runs one command and returns its reply once everything that the command wrote, or read, is in the log.
    /// </summary>
    /// <param name="command">Sends one command or script and awaits its reply.</param>
    /// <exception cref="StackExchange.Redis.RedisException">The command failed, or the log cannot be written.</exception>
    Task<T> RunAsync<T>(Func<Task<T>> command);
}
