using System.Diagnostics;
using System.Threading.Channels;
using FlowQuota.Errors;
using FlowQuota.Ledger;
using FlowQuota.Redis;
using FlowQuota.Telemetry;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace FlowQuota.Outbox;

/// <summary>
/// Appends call outcomes to the audit outbox in batches, and retries until Redis is available. An outcome is lost only if
/// the process dies.
/// </summary>
public sealed partial class OutcomeWriter : FlushOnStopService
{
    private const int MaxTogether = 256;
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(500);

    private readonly ScriptRunner _scripts;
    private readonly RedisKeyspace _keyspace;
    private readonly DoorbellSender _doorbells;
    private readonly TimeProvider _time;
    private readonly ILogger<OutcomeWriter> _logger;
    private readonly RedisValue _ringMilliseconds;

    // Full if Redis has been down for long; calls then wait here, so that no outcome is lost.
    private readonly Channel<(int Partition, string Run, string Event, Activity? Call)> _outcomes =
        Channel.CreateBounded<(int, string, string, Activity?)>(new BoundedChannelOptions(100_000) { SingleReader = true });

    /// <summary>Makes the writer; it writes once it is started.</summary>
    public OutcomeWriter(ScriptRunner scripts, RedisKeyspace keyspace, DoorbellSender doorbells,
        OutboxSettings settings, TimeProvider time, ILogger<OutcomeWriter> logger)
    {
        (_scripts, _keyspace, _doorbells, _time, _logger) = (scripts, keyspace, doorbells, time, logger);
        _ringMilliseconds = (long)settings.SyncInterval.TotalMilliseconds;
    }

    /// <summary>Queues an outcome; returns once it is queued.</summary>
    /// <param name="call">The admitted call.</param>
    /// <param name="success">Whether its code succeeded.</param>
    /// <param name="errorType">The error's type if it failed; cut to 100 characters.</param>
    /// <param name="errorMessage">The error's message if it failed; cut to 500 characters.</param>
    public ValueTask WriteAsync(AdmittedCall call, bool success, string? errorType = null, string? errorMessage = null) =>
        _outcomes.Writer.WriteAsync((_keyspace.PartitionOf(call.TokenId), call.Run,
            AuditEventFormat.WithOutcome(call.Event, success, errorType, errorMessage), FlowQuotaMetrics.TracedActivity));

    /// <inheritdoc/>
    protected override async Task FinishAsync(CancellationToken cancellationToken)
    {
        _outcomes.Writer.TryComplete();
        if (ExecuteTask is { } writing)
            await Task.WhenAny(writing, Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken));
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var together = new List<(int Partition, string Run, string Event, Activity? Call)>(MaxTogether);
        while (await _outcomes.Reader.WaitToReadAsync(CancellationToken.None))
        {
            together.Clear();
            while (together.Count < MaxTogether && _outcomes.Reader.TryRead(out var outcome))
                together.Add(outcome);

            foreach (var ofRun in together.GroupBy(outcome => (outcome.Partition, outcome.Run)))
            {
                await AppendAsync(ofRun.Key.Partition, ofRun.Key.Run, [.. ofRun.Select(outcome => (RedisValue)outcome.Event)],
                    ofRun.First().Call, stoppingToken);
            }
        }
    }

    private async Task AppendAsync(int partition, string run, RedisValue[] events, Activity? call, CancellationToken stoppingToken)
    {
        RedisKey[] keys = [_keyspace.Outbox(OutboxKind.Audit, partition), _keyspace.Ring(OutboxKind.Audit, partition)];
        RedisValue[] arguments = [_ringMilliseconds, run, .. events];
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                // If the reply was lost, the event is appended twice; it still becomes one row.
                var reply = await _scripts.RunAsync(RedisScript.AppendAudit, partition, keys, arguments);
                _doorbells.RingIfDue(partition, sync: RedisValue.Null, audit: reply[1], cause: call);
                return;
            }
            catch (Exception e) when (e is StoreUnavailableException or RedisException)
            {
                if (attempt == 1)
                    LogWaiting(_logger, arguments.Length - 2, e);
                if (stoppingToken.IsCancellationRequested)
                    throw;
                await Task.Delay(RetryPause, _time, CancellationToken.None);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Waiting for Redis to append {Count} call outcomes")]
    private static partial void LogWaiting(ILogger logger, int count, Exception exception);
}
