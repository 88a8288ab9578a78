using System.Collections.Concurrent;
using System.Net;
using FlowQuota.Errors;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace FlowQuota.Redis;

/// <summary>
/// The connection to Redis: opened once, restored by itself, with time-outs short enough to answer 503 in time.
/// </summary>
public sealed partial class RedisServer : IAsyncDisposable
{
    private readonly ConnectionMultiplexer _multiplexer;
    private readonly ConcurrentDictionary<(EndPoint? Server, ConnectionType Type), bool> _lost = new();
    private bool _isLost;

    /// <summary>
    /// Connects, and waits as long as a call does, but at least a second. If the server is down, the connection is made when
    /// it comes up.
    /// </summary>
    /// <param name="settings">How Redis is reached; time-outs and retries of the connection string are replaced.</param>
    /// <param name="logger">Logs lost and restored connections.</param>
    /// <param name="gate">Commits what commands wrote; null if the server does so by itself.</param>
    /// <exception cref="SettingException">The connection string cannot be read.</exception>
    public RedisServer(RedisSettings settings, ILogger<RedisServer> logger, ICommitGate? gate = null)
    {
        (Timeout, Gate) = (settings.Timeout, gate);
        _multiplexer = ConnectionMultiplexer.Connect(OptionsOf(settings));
        // Raised again for each failed attempt; the first is enough.
        _multiplexer.ConnectionFailed += (_, e) =>
        {
            if (!Interlocked.Exchange(ref _isLost, true))
                LogConnectionFailed(logger, e.FailureType, e.Exception?.Message);
            if (_lost.TryAdd((e.EndPoint, e.ConnectionType), true))
                Lost?.Invoke(this, EventArgs.Empty);
        };
        _multiplexer.ConnectionRestored += (_, e) =>
        {
            _lost.TryRemove((e.EndPoint, e.ConnectionType), out bool _);
            if (Interlocked.Exchange(ref _isLost, false))
                LogConnectionRestored(logger);
            Restored?.Invoke(this, EventArgs.Empty);
        };
    }

    /// <summary>Raised once after a connection to a server was lost; another server may take over.</summary>
    public event EventHandler? Lost;

    /// <summary>Raised after a lost connection came back; the server may be another run, or another server.</summary>
    public event EventHandler? Restored;

    /// <summary>How long a call waits for Redis before it is answered 503.</summary>
    public TimeSpan Timeout { get; }

    /// <summary>
    /// Commands for one key at a time, and scripts. With an embedded Redis a kill may undo their writes after the reply; see
    /// <see cref="RunAsync"/>.
    /// </summary>
    public IDatabase Database => _multiplexer.GetDatabase();

    /// <summary>Commits what commands wrote to the embedded Redis; null = a server that does so by itself.</summary>
    internal ICommitGate? Gate { get; }

    /// <summary>Runs one command; the reply comes once a kill of the process can no longer undo the command.</summary>
    /// <param name="command">Sends the command.</param>
    internal Task<T> RunAsync<T>(Func<IDatabase, Task<T>> command) =>
        Gate is { } gate ? gate.RunAsync(() => command(Database)) : command(Database);

    /// <summary>Like <see cref="RunAsync"/>, but reports an unavailable Redis in the way of all stores.</summary>
    /// <param name="command">Sends the command.</param>
    /// <exception cref="StoreUnavailableException">Redis cannot be reached, or did not answer in time.</exception>
    internal async Task<T> ExecuteAsync<T>(Func<IDatabase, Task<T>> command)
    {
        try
        {
            return await RunAsync(command);
        }
        catch (Exception e) when (IsUnavailable(e))
        {
            throw Unavailable(e);
        }
    }

    private static ConfigurationOptions OptionsOf(RedisSettings settings)
    {
        var options = ReadOptions(settings.Connection);
        options.AbortOnConnectFail = false;
        // The client treats INFO, CONFIG and SCRIPT LOAD as "admin" commands.
        options.AllowAdmin = true;
        options.ClientName ??= "flowquota";
        // A network or machine that makes calls slow makes connecting slow, too.
        options.ConnectTimeout = Math.Max(1000, (int)settings.Timeout.TotalMilliseconds);
        options.SyncTimeout = 5000;
        // Longer than Timeout: a reply that is too late for its caller still shows whether the command ran.
        options.AsyncTimeout = 10_000 + (int)settings.Timeout.TotalMilliseconds;
        // While disconnected every command fails at once instead of queueing.
        options.BacklogPolicy = BacklogPolicy.FailFast;
        options.ReconnectRetryPolicy = new ExponentialRetry(100, 1000);
        options.HeartbeatInterval = TimeSpan.FromMilliseconds(500);
        // How soon a replica that became the primary is written to.
        options.ConfigCheckSeconds = 5;
        return options;
    }

    /// <summary>The server that holds a key. Used by commands about the server itself.</summary>
    /// <exception cref="StoreUnavailableException">It cannot be reached.</exception>
    internal async Task<IServer> ServerOfAsync(RedisKey key)
    {
        var endpoint = await Database.IdentifyEndpointAsync(key)
            ?? throw new StoreUnavailableException("Redis");
        return _multiplexer.GetServer(endpoint);
    }

    /// <summary>All primary servers that are connected.</summary>
    internal IEnumerable<IServer> Servers => _multiplexer.GetServers().Where(server => server.IsConnected && !server.IsReplica);

    /// <summary>True if the exception means that Redis is unavailable, as opposed to a bad command.</summary>
    internal static bool IsUnavailable(Exception exception) => exception switch
    {
        RedisConnectionException or RedisTimeoutException or TimeoutException or ObjectDisposedException => true,
        RedisServerException server => UnavailableReplies.Any(reply => server.Message.Contains(reply.Word, StringComparison.Ordinal)),
        _ => false,
    };

    /// <summary>Wraps an exception that <see cref="IsUnavailable"/> accepts.</summary>
    internal static StoreUnavailableException Unavailable(Exception exception) => new("Redis", exception, exception switch
    {
        // The reason why there is no connection is in an inner exception.
        RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure }
            or RedisConnectionException { InnerException: RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure } } => RefusedAccount,
        RedisConnectionException => "cannot be reached",
        RedisTimeoutException or TimeoutException => "does not answer in time",
        RedisServerException server => Array.Find(UnavailableReplies, reply => server.Message.Contains(reply.Word, StringComparison.Ordinal)).Reason,
        _ => null,
    });

    /// <summary>True if the command may have run: it was sent, and its reply never came.</summary>
    internal static bool MayHaveRun(Exception? exception) => exception switch
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
        // The script was loaded into the server of the slot, but the cluster redirected the call to another server.
        ("NOSCRIPT", "is a cluster that moves keys"),
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
    /// <exception cref="SettingException">It cannot be read.</exception>
    internal static ConfigurationOptions ReadOptions(string connection)
    {
        try
        {
            var options = ConfigurationOptions.Parse(connection);
            return options.EndPoints.Count > 0
                ? options
                : throw new SettingException("REDIS_CONNECTION", "without a server", AllowedConnection);
        }
        catch (ArgumentException)
        {
            // Not repeated: the string may hold a password.
            throw new SettingException("REDIS_CONNECTION", "not readable", AllowedConnection);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Redis connection lost ({FailureType}): {Reason}")]
    private static partial void LogConnectionFailed(ILogger logger, ConnectionFailureType failureType, string? reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Redis connection restored")]
    private static partial void LogConnectionRestored(ILogger logger);
}
