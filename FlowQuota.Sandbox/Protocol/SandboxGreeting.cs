using System.Buffers.Binary;

namespace FlowQuota.Sandbox.Protocol;

/// <summary>A worker's first frame: it is ready.</summary>
/// <param name="PipeCapacity">Bytes that its input pipe holds before a write blocks.</param>
public readonly record struct SandboxGreeting(int PipeCapacity)
{
    /// <summary>The frame.</summary>
    public byte[] ToFrame()
    {
        byte[] frame = new byte[FrameReader.HeaderLength + sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(frame, sizeof(int));
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(FrameReader.HeaderLength), PipeCapacity);
        return frame;
    }

    /// <summary>Reads a frame's payload.</summary>
    public static SandboxGreeting Read(ReadOnlySpan<byte> payload) => new(BinaryPrimitives.ReadInt32LittleEndian(payload));
}
