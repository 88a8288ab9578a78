using System.Globalization;

namespace FlowQuota.Import;

/// <summary>
/// Shows on standard error how far an import is: on a terminal one line that changes, otherwise a line every 10 seconds.
/// </summary>
internal sealed class ImportProgress : IProgress<LegacyImportReport>, IAsyncDisposable
{
    private const string ClearLine = "\r\u001b[K";

    private readonly TextWriter _errors;
    private readonly bool _isTerminal;
    private readonly TimeProvider _clock;
    private readonly ITimer _timer;
    private readonly long _started;

    private LegacyImportReport? _report;

    // The tokens that are here already go by much faster, so the time left is reckoned from where the first that is not begins.
    private (long At, long Tokens) _importing;

    /// <param name="errors">Standard error.</param>
    /// <param name="isTerminal">Whether a line may be rewritten.</param>
    /// <param name="clock">The clock for the rate and for the lines.</param>
    public ImportProgress(TextWriter errors, bool isTerminal, TimeProvider clock)
    {
        (_errors, _isTerminal, _clock) = (errors, isTerminal, clock);
        _started = clock.GetTimestamp();
        _importing = (_started, 0);
        var period = isTerminal ? TimeSpan.FromSeconds(0.5) : TimeSpan.FromSeconds(10);
        _timer = clock.CreateTimer(_ => Show(), null, period, period);
    }

    /// <summary>What was done when the last batch was written; null before the rows of the Go system are counted.</summary>
    public LegacyImportReport? Last => _report;

    /// <inheritdoc/>
    public void Report(LegacyImportReport value)
    {
        _report = value;
        if (value.ImportedTokens + value.ImportedLogRows == 0)
            _importing = (_clock.GetTimestamp(), value.ReadTokens);
    }

    /// <summary>Shows nothing more, and leaves a terminal's line empty.</summary>
    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync();
        if (_isTerminal)
            await _errors.WriteAsync(ClearLine);
    }

    private void Show()
    {
        string line = Line();
        if (_isTerminal)
            _errors.Write(ClearLine + line);
        else
            _errors.WriteLine(line);
    }

    private string Line()
    {
        if (_report is not { } report)
            return "Preparing, and counting the rows of the Go system";
        double seconds = Math.Max(0.001, _clock.GetElapsedTime(_started).TotalSeconds);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{report.ReadTokens:N0} of {report.Tokens:N0} tokens ({Percent(report)}%), {report.ReadLogRows:N0} log rows, "
            + $"{(report.ReadTokens + report.ReadLogRows) / seconds:N0} rows/s, time left {TimeLeft(report)}");
    }

    private static long Percent(LegacyImportReport report) => report.Tokens == 0 ? 100 : report.ReadTokens * 100 / report.Tokens;

    private string TimeLeft(LegacyImportReport report)
    {
        long done = report.ReadTokens - _importing.Tokens;
        if (done <= 0)
            return "unavailable";
        double seconds = _clock.GetElapsedTime(_importing.At).TotalSeconds / done * Math.Max(0, report.Tokens - report.ReadTokens);
        return seconds < 90
            ? string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(seconds):0} s")
            : string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(seconds / 60):0} min");
    }
}
