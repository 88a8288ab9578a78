using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace FlowQuota.Storage.Redis;

/// <summary>The connection to Redis: made once, restored by itself, with time-outs short enough to answer 503 in time.</summary>
public sealed partial class RedisServer : IAsyncDisposable
{
    private readonly ConnectionMultiplexer _multiplexer;
    private bool _isLost;

    private RedisServer(ConnectionMultiplexer multiplexer, TimeSpan timeout, ICommitGate? gate, ILogger<RedisServer> logger)
    {
        (_multiplexer, Timeout, Gate) = (multiplexer, timeout, gate);
        // Raised again for each attempt that fails; the first says enough.
        _multiplexer.ConnectionFailed += (_, e) =>
        {
            if (!Interlocked.Exchange(ref _isLost, true))
                LogConnectionFailed(logger, e.FailureType, e.Exception?.Message);
        };
        _multiplexer.ConnectionRestored += (_, _) =>
        {
            if (Interlocked.Exchange(ref _isLost, false))
                LogConnectionRestored(logger);
            Restored?.Invoke(this, EventArgs.Empty);
        };
    }

    /// <summary>Raised after a lost connection came back; the server may be another run, or another server.</summary>
    public event EventHandler? Restored;

    /// <summary>How long a call waits for Redis before it is answered 503.</summary>
    public TimeSpan Timeout { get; }

    /// <summary>Commands for one key at a time, and scripts. With an embedded Redis their replies may be lost again; see <see cref="RunAsync"/>.</summary>
    public IDatabase Database => _multiplexer.GetDatabase();

    /// <summary>Commits what commands wrote to the embedded Redis; null = a server that does so by itself.</summary>
    internal ICommitGate? Gate { get; }

    /// <summary>Runs one command; the reply comes once a killed process cannot lose it any more.</summary>
    /// <param name="command">Sends the command.</param>
    internal Task<T> RunAsync<T>(Func<IDatabase, Task<T>> command) =>
        Gate is { } gate ? gate.RunAsync(() => command(Database)) : command(Database);

    /// <summary>Connects, at the start and waiting a second at most; a server that is down now is connected to when it comes up.</summary>
    /// <param name="connection">StackExchange.Redis connection string; time-outs and retries are ours.</param>
    /// <param name="timeout">How long a call waits for it.</param>
    /// <param name="logger">Told of lost and restored connections.</param>
    /// <param name="gate">Commits what commands wrote; null = the server does so by itself.</param>
    /// <exception cref="Settings.SettingException">The connection string cannot be read.</exception>
    public static RedisServer Connect(string connection, TimeSpan timeout, ILogger<RedisServer> logger, ICommitGate? gate = null)
    {
        var options = ReadOptions(connection);
        options.AbortOnConnectFail = false;
        // INFO, CONFIG and SCRIPT LOAD are called "admin" by the client.
        options.AllowAdmin = true;
        options.ClientName ??= "flowquota";
        options.ConnectTimeout = 1000;
        options.SyncTimeout = 5000;
        // Longer than Timeout: a reply that comes too late for its caller still tells what Redis did.
        options.AsyncTimeout = 10_000 + (int)timeout.TotalMilliseconds;
        // While disconnected every command fails at once, instead of waiting in line with all others.
        options.BacklogPolicy = BacklogPolicy.FailFast;
        options.ReconnectRetryPolicy = new ExponentialRetry(100, 1000);
        options.HeartbeatInterval = TimeSpan.FromMilliseconds(500);
        return new RedisServer(ConnectionMultiplexer.Connect(options), timeout, gate, logger);
    }

    /// <summary>The server that holds a key, for commands about the server itself.</summary>
    /// <exception cref="StoreUnavailableException">It cannot be reached.</exception>
    internal async Task<IServer> ServerOfAsync(RedisKey key)
    {
        var endpoint = await Database.IdentifyEndpointAsync(key).ConfigureAwait(false)
            ?? throw new StoreUnavailableException("Redis");
        return _multiplexer.GetServer(endpoint);
    }

    /// <summary>All primary servers that are connected.</summary>
    internal IEnumerable<IServer> Servers => _multiplexer.GetServers().Where(server => server.IsConnected && !server.IsReplica);

    /// <summary>True for what says that Redis cannot serve now, as against a mistake in what it was asked.</summary>
    internal static bool IsUnavailable(Exception exception) => exception switch
    {
        RedisConnectionException or RedisTimeoutException or TimeoutException or ObjectDisposedException => true,
        RedisServerException server => UnavailableReplies.Any(reply => server.Message.Contains(reply.Word, StringComparison.Ordinal)),
        _ => false,
    };

    /// <summary>Wraps an exception that <see cref="IsUnavailable"/> takes for an outage.</summary>
    internal static StoreUnavailableException Unavailable(Exception exception) => new("Redis", exception, exception switch
    {
        // Why there is no connection is inside what says that there is none.
        RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure }
            or RedisConnectionException { InnerException: RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure } } => RefusedAccount,
        RedisConnectionException => "cannot be reached",
        RedisTimeoutException or TimeoutException => "does not answer in time",
        RedisServerException server => Array.Find(UnavailableReplies, reply => server.Message.Contains(reply.Word, StringComparison.Ordinal)).Reason,
        _ => null,
    });

    /// <summary>True if the command of an exception may have been carried out: it was sent, and its reply never came.</summary>
    internal static bool MayHaveRun(Exception exception) => exception switch
    {
        RedisConnectionException connection => connection.CommandStatus is CommandStatus.Sent or CommandStatus.Unknown,
        RedisTimeoutException timeout => timeout.Commandstatus is CommandStatus.Sent or CommandStatus.Unknown,
        TimeoutException or ObjectDisposedException => true,
        _ => false,
    };

    private const string RefusedAccount = "refuses the account: correct the user or the password in REDIS_CONNECTION, or its ACL rules";

    private static readonly (string Word, string Reason)[] UnavailableReplies =
    [
        ("LOADING", "loads its data: wait for its end"),
        ("READONLY", "is read-only: is it a replica?"),
        ("CLUSTERDOWN", "is a cluster that has lost nodes"),
        ("MASTERDOWN", "is a replica that has lost its primary"),
        ("TRYAGAIN", "is a cluster that moves keys"),
        ("BUSY", "is busy with a long script"),
        ("OOM", "is out of memory: raise maxmemory"),
        ("MISCONF", "cannot write to its disk"),
        ("NOREPLICAS", "has fewer replicas than min-replicas-to-write"),
        ("NOAUTH", RefusedAccount),
        ("WRONGPASS", RefusedAccount),
        ("NOPERM", RefusedAccount),
    ];

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await _multiplexer.DisposeAsync();

    /// <summary>What <c>REDIS_CONNECTION</c> may be.</summary>
    internal const string AllowedConnection = "a StackExchange.Redis connection string such as localhost:6379";

    /// <summary>Reads <c>REDIS_CONNECTION</c>.</summary>
    /// <exception cref="Settings.SettingException">It cannot be read.</exception>
    internal static ConfigurationOptions ReadOptions(string connection)
    {
        try
        {
            var options = ConfigurationOptions.Parse(connection);
            return options.EndPoints.Count > 0
                ? options
                : throw new Settings.SettingException("REDIS_CONNECTION", "without a server", AllowedConnection);
        }
        catch (ArgumentException)
        {
            // Not repeated: the string may hold a password.
            throw new Settings.SettingException("REDIS_CONNECTION", "not readable", AllowedConnection);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Redis connection lost ({FailureType}): {Reason}")]
    private static partial void LogConnectionFailed(ILogger logger, ConnectionFailureType failureType, string? reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Redis connection restored")]
    private static partial void LogConnectionRestored(ILogger logger);
}
