using System.Text;
using System.Text.Json;
using FlowQuota.Sandbox.Protocol;

namespace FlowQuota.Metering;

/// <summary>The outcome of a run as it is kept for repeats under the call's key: a line of JSON, then the result as the code gave it.</summary>
/// <param name="Outcome">The outcome.</param>
/// <param name="IsOmitted">True if result and logs were too long to be kept.</param>
internal sealed record KeptOutcome(ExecutionOutcome Outcome, bool IsOmitted)
{
    private const int MaxMessageOfOmitted = 500;

    private static ReadOnlySpan<byte> Null => "null"u8;

    /// <summary>Writes an outcome.</summary>
    /// <param name="outcome">The outcome.</param>
    /// <param name="maxBytes">Longest result or error, with the logs. Of a longer one only the fact, and the error's type and message, are kept.</param>
    public static byte[] Write(ExecutionOutcome outcome, int maxBytes)
    {
        bool isOmitted = Length(outcome) > maxBytes;
        var error = outcome is ExecutionOutcome.Failed failed
            ? new Error(failed.ErrorType, isOmitted && failed.Message.Length > MaxMessageOfOmitted ? failed.Message[..MaxMessageOfOmitted] : failed.Message,
                isOmitted ? null : failed.Stack)
            : null;
        byte[] head = JsonSerializer.SerializeToUtf8Bytes(new Head((long)outcome.Duration.TotalMilliseconds, isOmitted, isOmitted ? [] : outcome.Logs, error));
        var result = outcome is ExecutionOutcome.Succeeded succeeded ? isOmitted ? Null : succeeded.ResultJson.Span : [];
        return [.. head, (byte)'\n', .. result];
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    public static KeptOutcome Read(ReadOnlyMemory<byte> kept)
    {
        int end = kept.Span.IndexOf((byte)'\n');
        var head = JsonSerializer.Deserialize<Head>(kept.Span[..end])!;
        var duration = TimeSpan.FromMilliseconds(head.Milliseconds);
        return new KeptOutcome(
            head.Error is { } error
                ? new ExecutionOutcome.Failed(error.Type, error.Message, error.Stack, head.Logs, duration)
                : new ExecutionOutcome.Succeeded(kept[(end + 1)..], head.Logs, duration),
            head.IsOmitted);
    }

    private static long Length(ExecutionOutcome outcome) => outcome.Logs.Sum(static line => (long)Encoding.UTF8.GetByteCount(line)) + outcome switch
    {
        ExecutionOutcome.Succeeded succeeded => succeeded.ResultJson.Length,
        ExecutionOutcome.Failed failed => Encoding.UTF8.GetByteCount(failed.Message) + Encoding.UTF8.GetByteCount(failed.Stack ?? ""),
        _ => 0,
    };

    private sealed record Head(long Milliseconds, bool IsOmitted, IReadOnlyList<string> Logs, Error? Error);

    private sealed record Error(string Type, string Message, string? Stack);
}
