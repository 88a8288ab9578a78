using System.Buffers;
using System.Buffers.Binary;

namespace FlowQuota.Sandbox.Protocol;

/// <summary>A request of the host to a worker.</summary>
/// <param name="Kind">The kind of request.</param>
/// <param name="Code">The source in UTF-8; empty unless the kind is <see cref="SandboxRequestKind.Run"/>.</param>
/// <param name="Input">The code's <c>input</c>: UTF-8 JSON; empty = <c>undefined</c>.</param>
public readonly record struct SandboxRequest(SandboxRequestKind Kind, ReadOnlyMemory<byte> Code, ReadOnlyMemory<byte> Input)
{
    private const int FixedLength = 1 + sizeof(int);

    /// <summary>Makes a worker that skips runs sent ahead of time run again.</summary>
    public static SandboxRequest Resume { get; } = new(SandboxRequestKind.Resume, default, default);

    /// <summary>Bytes of the frame, its header included.</summary>
    public int FrameLength => FrameReader.HeaderLength + FixedLength + Code.Length + Input.Length;

    /// <summary>Writes the frame.</summary>
    public void Write(IBufferWriter<byte> target)
    {
        int length = FrameLength;
        var span = target.GetSpan(length);
        BinaryPrimitives.WriteInt32LittleEndian(span, length - FrameReader.HeaderLength);
        span[FrameReader.HeaderLength] = (byte)Kind;
        var rest = span[(FrameReader.HeaderLength + 1)..];
        BinaryPrimitives.WriteInt32LittleEndian(rest, Code.Length);
        Code.Span.CopyTo(rest[sizeof(int)..]);
        Input.Span.CopyTo(rest[(sizeof(int) + Code.Length)..]);
        target.Advance(length);
    }

    /// <summary>Reads a frame's payload; the request refers to it.</summary>
    public static SandboxRequest Read(ReadOnlyMemory<byte> payload)
    {
        int codeLength = BinaryPrimitives.ReadInt32LittleEndian(payload.Span[1..]);
        return new SandboxRequest(
            (SandboxRequestKind)payload.Span[0], payload.Slice(FixedLength, codeLength), payload[(FixedLength + codeLength)..]);
    }
}
