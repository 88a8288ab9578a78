using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace FlowQuota.Functions.Hosting;

/// <summary>
/// Writes each entry as one line. Text from callers or from a store cannot look like an entry of its own or move a
/// terminal's cursor. (The framework's own formatter lets carriage returns through.)
/// </summary>
public sealed class OneLineFormatter(TimeProvider time) : ConsoleFormatter(FormatterName)
{
    /// <summary>The name under which the console's options select it.</summary>
    public const string FormatterName = "one-line";

    private const string InvocationScope = "AzureFunctions_InvocationId";

    /// <inheritdoc/>
    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        if (IsOfInvocation(scopeProvider))
            return;
        string message = logEntry.Formatter(logEntry.State, logEntry.Exception);
        if (logEntry.Exception is not null)
            message = $"{message} {logEntry.Exception}";
        textWriter.WriteLine(Clean(string.Create(CultureInfo.InvariantCulture,
            $"{time.GetUtcNow():yyyy-MM-dd HH:mm:ss.fff} {Word(logEntry.LogLevel)}: {logEntry.Category}[{logEntry.EventId.Id}] {message}")));
    }

    /// <summary>The Functions worker sends the entries of an invocation to its host; the host drops all others but reads the console.</summary>
    private static bool IsOfInvocation(IExternalScopeProvider? scopes)
    {
        bool[] found = [false];
        scopes?.ForEachScope(static (scope, found) =>
            found[0] |= scope is IEnumerable<KeyValuePair<string, object>> values && values.Any(value => value.Key == InvocationScope), found);
        return found[0];
    }

    private static string Clean(string text) => text.Any(BreaksLine)
        ? string.Create(text.Length, text, (line, source) =>
        {
            for (int i = 0; i < line.Length; i++)
                line[i] = BreaksLine(source[i]) ? ' ' : source[i];
        })
        : text;

    private static bool BreaksLine(char c) => char.IsControl(c) || c is '\u2028' or '\u2029';

    private static string Word(LogLevel level) => level switch
    {
        LogLevel.Trace => "trce",
        LogLevel.Debug => "dbug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "fail",
        LogLevel.Critical => "crit",
        LogLevel.None => "none",
    };
}
