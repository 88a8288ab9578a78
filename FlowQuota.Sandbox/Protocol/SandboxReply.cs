using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace FlowQuota.Sandbox.Protocol;

/// <summary>A worker's reply to one run; replies come in the order of the requests.</summary>
/// <param name="Outcome">The outcome of the run.</param>
/// <param name="SkipsUntilResume">
/// True after a long run. The worker then drops, without a reply, every run that was sent before the next
/// <see cref="SandboxRequestKind.Resume"/>, because the host may have sent it to another worker.
/// </param>
/// <param name="IsLast">True if the worker ends now, because the run left it in a state not worth keeping.</param>
public readonly record struct SandboxReply(ExecutionOutcome Outcome, bool SkipsUntilResume, bool IsLast)
{
    private const byte Failed = 1;
    private const byte Skips = 2;
    private const byte Last = 4;
    private const byte HasStack = 8;

    /// <summary>Writes the frame.</summary>
    public void Write(ArrayBufferWriter<byte> target)
    {
        int start = target.WrittenCount;
        Put(target, 0);
        var failed = Outcome as ExecutionOutcome.Failed;
        target.GetSpan(1)[0] = (byte)((failed is null ? 0 : Failed) | (SkipsUntilResume ? Skips : 0) | (IsLast ? Last : 0)
            | (failed?.Stack is null ? 0 : HasStack));
        target.Advance(1);
        BinaryPrimitives.WriteInt64LittleEndian(target.GetSpan(sizeof(long)), Outcome.Duration.Ticks);
        target.Advance(sizeof(long));
        Put(target, Outcome.Logs.Count);
        foreach (string line in Outcome.Logs)
            Put(target, line);
        if (failed is not null)
        {
            Put(target, failed.ErrorType);
            Put(target, failed.Message);
            Put(target, failed.Stack ?? string.Empty);
        }
        else
        {
            target.Write(((ExecutionOutcome.Succeeded)Outcome).ResultJson.Span);
        }

        // The frame's own length, known only now.
        int written = target.WrittenCount - start;
        BinaryPrimitives.WriteInt32LittleEndian(
            System.Runtime.InteropServices.MemoryMarshal.AsMemory(target.WrittenMemory).Span[start..], written - FrameReader.HeaderLength);
    }

    /// <summary>Reads a frame's payload; the result holds no reference to it.</summary>
    public static SandboxReply Read(ReadOnlySpan<byte> payload)
    {
        byte flags = payload[0];
        var duration = new TimeSpan(BinaryPrimitives.ReadInt64LittleEndian(payload[1..]));
        var rest = payload[(1 + sizeof(long))..];
        int count = TakeNumber(ref rest);
        string[] logs = count == 0 ? [] : new string[count];
        for (int i = 0; i < count; i++)
            logs[i] = TakeText(ref rest);
        ExecutionOutcome outcome;
        if ((flags & Failed) != 0)
        {
            var (type, message, stack) = (TakeText(ref rest), TakeText(ref rest), TakeText(ref rest));
            outcome = new ExecutionOutcome.Failed(type, message, (flags & HasStack) != 0 ? stack : null, logs, duration);
        }
        else
        {
            outcome = new ExecutionOutcome.Succeeded(rest.ToArray(), logs, duration);
        }

        return new SandboxReply(outcome, (flags & Skips) != 0, (flags & Last) != 0);
    }

    private static void Put(ArrayBufferWriter<byte> target, int number)
    {
        BinaryPrimitives.WriteInt32LittleEndian(target.GetSpan(sizeof(int)), number);
        target.Advance(sizeof(int));
    }

    private static void Put(ArrayBufferWriter<byte> target, string text)
    {
        Put(target, Encoding.UTF8.GetByteCount(text));
        Encoding.UTF8.GetBytes(text, target);
    }

    private static int TakeNumber(ref ReadOnlySpan<byte> rest)
    {
        int number = BinaryPrimitives.ReadInt32LittleEndian(rest);
        rest = rest[sizeof(int)..];
        return number;
    }

    private static string TakeText(ref ReadOnlySpan<byte> rest)
    {
        int length = TakeNumber(ref rest);
        string text = Encoding.UTF8.GetString(rest[..length]);
        rest = rest[length..];
        return text;
    }
}
