using System.Globalization;

namespace FlowQuota.Sandbox.Protocol;

/// <summary>The limits of one run. A worker gets them as command-line arguments when it starts, and they do not change.</summary>
public sealed record RunLimits
{
    /// <summary>Longest run, from its start in the worker.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Most memory one run may retain, in bytes; allocations that it releases do not count.</summary>
    public long MaxMemoryBytes { get; init; } = 64L * 1024 * 1024;

    /// <summary>Deepest recursion.</summary>
    public int MaxRecursion { get; init; } = 500;

    /// <summary>Most statements one run may execute.</summary>
    public int MaxStatements { get; init; } = 50_000_000;

    /// <summary>Largest result, in bytes of its UTF-8 JSON.</summary>
    public int MaxResultBytes { get; init; } = 1024 * 1024;

    /// <summary>Most log lines that are kept; a note replaces the rest.</summary>
    public int MaxLogLines { get; init; } = 1000;

    /// <summary>Longest log line that is kept, in characters; a longer one is truncated.</summary>
    public int MaxLogLineLength { get; init; } = 8 * 1024;

    /// <summary>Most parsed scripts that a worker caches.</summary>
    public int ScriptCacheSize { get; init; } = 1000;

    /// <summary>A folder of packages that code may <c>require</c>; null = none.</summary>
    public string? ModulesFolder { get; init; }

    /// <summary>The failure of a run that took too long.</summary>
    /// <param name="logs">The lines that the code wrote before, as far as they are known.</param>
    /// <param name="duration">How long it ran.</param>
    public ExecutionOutcome.Failed TooLong(IReadOnlyList<string> logs, TimeSpan duration) => new(
        ErrorTypes.Timeout, string.Create(CultureInfo.InvariantCulture, $"The code ran longer than {Timeout.TotalMilliseconds:0} ms"), null, logs, duration);

    /// <summary>The failure of a run that retained too much memory.</summary>
    /// <inheritdoc cref="TooLong" />
    public ExecutionOutcome.Failed TooMuchMemory(IReadOnlyList<string> logs, TimeSpan duration) => new(
        ErrorTypes.MemoryLimit, string.Create(CultureInfo.InvariantCulture, $"The code takes more than {MaxMemoryBytes} bytes of memory"), null, logs, duration);

    /// <summary>The failure of a run that recursed too deeply.</summary>
    /// <inheritdoc cref="TooLong" />
    public static ExecutionOutcome.Failed TooDeep(IReadOnlyList<string> logs, TimeSpan duration) =>
        new(ErrorTypes.Runtime, "RangeError: Maximum call stack size exceeded", null, logs, duration);

    /// <summary>The limits as command-line arguments; <see cref="Parse"/> reads them.</summary>
    public IReadOnlyList<string> ToArguments()
    {
        List<string> arguments =
        [
            Argument("timeout-ms", (long)Timeout.TotalMilliseconds),
            Argument("memory-bytes", MaxMemoryBytes),
            Argument("recursion", MaxRecursion),
            Argument("statements", MaxStatements),
            Argument("result-bytes", MaxResultBytes),
            Argument("log-lines", MaxLogLines),
            Argument("log-line-length", MaxLogLineLength),
            Argument("script-cache", ScriptCacheSize),
        ];
        if (ModulesFolder is not null)
            arguments.Add($"--modules={ModulesFolder}");
        return arguments;
    }

    /// <summary>Reads the result of <see cref="ToArguments"/>; a limit that is not named keeps its default.</summary>
    /// <exception cref="ArgumentException">An argument is unknown.</exception>
    public static RunLimits Parse(IEnumerable<string> arguments)
    {
        var limits = new RunLimits();
        foreach (string argument in arguments)
        {
            var (name, value) = argument.Split('=', 2) is [var left, var right]
                ? (left, right)
                : throw new ArgumentException($"{argument} is not --name=value", nameof(arguments));
            limits = name switch
            {
                "--timeout-ms" => limits with { Timeout = TimeSpan.FromMilliseconds(Number(value)) },
                "--memory-bytes" => limits with { MaxMemoryBytes = Number(value) },
                "--recursion" => limits with { MaxRecursion = (int)Number(value) },
                "--statements" => limits with { MaxStatements = (int)Number(value) },
                "--result-bytes" => limits with { MaxResultBytes = (int)Number(value) },
                "--log-lines" => limits with { MaxLogLines = (int)Number(value) },
                "--log-line-length" => limits with { MaxLogLineLength = (int)Number(value) },
                "--script-cache" => limits with { ScriptCacheSize = (int)Number(value) },
                "--modules" => limits with { ModulesFolder = value },
                _ => throw new ArgumentException($"{name} is not an argument of the sandbox", nameof(arguments)),
            };
        }

        return limits;
    }

    private static string Argument(string name, long value) => string.Create(CultureInfo.InvariantCulture, $"--{name}={value}");

    private static long Number(string value) => long.Parse(value, CultureInfo.InvariantCulture);
}
