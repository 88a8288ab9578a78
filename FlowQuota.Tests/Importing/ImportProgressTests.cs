using System.Globalization;
using FlowQuota.Import;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace FlowQuota.Tests.Importing;

/// <summary>How far an import is: a line that changes on a terminal, a line every 10 seconds otherwise, and no figure that is not known.</summary>
public sealed class ImportProgressTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly StringWriter _errors = new(CultureInfo.InvariantCulture);

    [Fact]
    public async Task Tokens_that_are_here_already_do_not_make_the_rest_look_near()
    {
        await using (var progress = new ImportProgress(_errors, isTerminal: false, _clock))
        {
            _clock.Advance(TimeSpan.FromSeconds(10));
            progress.Report(new LegacyImportReport(isApplied: true) { Tokens = 12_000, LogRows = 30_000 });
            progress.Report(new LegacyImportReport(isApplied: true) { Tokens = 12_000, ReadTokens = 10_000, TokensHere = 10_000 });
            _clock.Advance(TimeSpan.FromSeconds(10));
            progress.Report(new LegacyImportReport(isApplied: true) { Tokens = 12_000, ReadTokens = 10_500, ImportedTokens = 500, ImportedLogRows = 1_500 });
            _clock.Advance(TimeSpan.FromSeconds(10));
        }

        _clock.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(
            """
            Preparing, and counting the rows of the Go system
            10,000 of 12,000 tokens (83%), 0 log rows, 500 rows/s, time left unavailable
            10,500 of 12,000 tokens (87%), 1,500 log rows, 400 rows/s, time left 60 s

            """.ReplaceLineEndings(),
            _errors.ToString());
    }

    public void Dispose() => _errors.Dispose();

    [Fact]
    public async Task A_terminal_has_one_line_that_changes_and_that_is_empty_in_the_end()
    {
        await using (var progress = new ImportProgress(_errors, isTerminal: true, _clock))
        {
            progress.Report(new LegacyImportReport(isApplied: false) { Tokens = 1, ReadTokens = 1 });
            _clock.Advance(TimeSpan.FromSeconds(0.5));
        }

        Assert.Equal("\r\u001b[K1 of 1 tokens (100%), 0 log rows, 2 rows/s, time left unavailable\r\u001b[K", _errors.ToString());
    }
}
