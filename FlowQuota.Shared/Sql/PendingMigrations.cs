using EvolveDb;
using EvolveDb.Migration;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Sql;

/// <summary>
/// Applies the migrations that a database does not have, one after the other, and logs how far it is. A migration that has
/// begun is never cut short, because a server does not undo half of a schema change.
/// </summary>
/// <remarks>
/// Evolve reports no progress, but takes the next migration from its loader when the one before is applied, so this is the
/// loader.
/// </remarks>
internal sealed partial class PendingMigrations : IMigrationLoader
{
    private static readonly TimeSpan LineEvery = TimeSpan.FromSeconds(10);

    private readonly Evolve _evolve;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly IReadOnlyList<MigrationScript> _all;

    private IReadOnlyList<MigrationScript> _pending = [];
    private Step? _step;
    private CancellationToken _stop;

    /// <param name="evolve">The migrations, on a connection to the database.</param>
    /// <param name="clock">The clock for the lines about a migration that takes long.</param>
    /// <param name="logger">Logs each migration.</param>
    public PendingMigrations(Evolve evolve, TimeProvider clock, ILogger logger)
    {
        (_evolve, _clock, _logger) = (evolve, clock, logger);
        _all = [.. evolve.MigrationLoader.GetMigrations()];
        evolve.MigrationLoader = this;
    }

    /// <summary>Applies them.</summary>
    /// <exception cref="OperationCanceledException">It was stopped; the migrations that were logged are applied.</exception>
    public async Task ApplyAsync(CancellationToken cancellationToken)
    {
        var versions = _evolve.Info().Where(row => row.Category == "Pending").Select(row => row.Version).ToHashSet();
        _pending = [.. _all.Where(migration => versions.Contains(migration.Version!.Label))];
        _stop = cancellationToken;
        long started = _clock.GetTimestamp();
        await using (_clock.CreateTimer(_ => TellRunning(), null, LineEvery, LineEvery))
        await using (cancellationToken.Register(TellStopping))
        {
            // Evolve has no asynchronous API.
            await Task.Run(_evolve.Migrate, CancellationToken.None);
        }

        int seconds = SecondsSince(started);
        if (_evolve.NbMigration > 0)
            LogApplied(_logger, _evolve.NbMigration, seconds);
        if (_evolve.NbMigration < _pending.Count)
            cancellationToken.ThrowIfCancellationRequested();
    }

    /// <inheritdoc/>
    public IEnumerable<MigrationScript> GetMigrations()
    {
        foreach (var (index, migration) in _all.Index())
        {
            if (_pending.Count > 0 && migration == _pending[Math.Min(_evolve.NbMigration, _pending.Count - 1)] && _step?.Number != index + 1)
            {
                if (_stop.IsCancellationRequested)
                    yield break;
                _step = new Step(index + 1, _all.Count, migration.Description, _clock.GetTimestamp());
                LogBegun(_logger, _step);
            }

            yield return migration;
        }
    }

    /// <inheritdoc/>
    public IEnumerable<MigrationScript> GetRepeatableMigrations() => [];

    private void TellRunning()
    {
        if (_step is not { } step)
            return;
        int seconds = SecondsSince(step.Started);
        LogRunning(_logger, step, seconds);
    }

    private void TellStopping()
    {
        if (_step is { } step)
            LogStopping(_logger, step);
    }

    private int SecondsSince(long started) => (int)_clock.GetElapsedTime(started).TotalSeconds;

    [LoggerMessage(Level = LogLevel.Information, Message = "Schema migration {Step} begins")]
    private static partial void LogBegun(ILogger logger, Step step);

    [LoggerMessage(Level = LogLevel.Information, Message = "Schema migration {Step} has run for {Seconds} s; how long it will take is not known")]
    private static partial void LogRunning(ILogger logger, Step step, int seconds);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Asked to stop during schema migration {Step}: it is finished first, and the next start continues with the next one. "
            + "If the process is killed, the next start repeats this one")]
    private static partial void LogStopping(ILogger logger, Step step);

    [LoggerMessage(Level = LogLevel.Information, Message = "Schema migrations applied: {Count}, in {Seconds} s")]
    private static partial void LogApplied(ILogger logger, int count, int seconds);

    private sealed record Step(int Number, int Count, string Description, long Started)
    {
        public override string ToString() => $"{Number} of {Count} ({Description})";
    }
}
