using System.Buffers.Binary;

namespace FlowQuota.Sandbox.Protocol;

/// <summary>
/// Reads frames from a pipe: the length of the payload (4 bytes, little endian), then the payload. One blocking read of
/// the pipe may bring several frames. Not thread-safe.
/// </summary>
/// <param name="pipe">The pipe.</param>
public sealed class FrameReader(Stream pipe)
{
    /// <summary>Bytes before each payload.</summary>
    public const int HeaderLength = 4;

    private const int RetainedBytes = 64 * 1024;

    private byte[] _buffer = new byte[RetainedBytes];
    private int _start;
    private int _end;

    /// <summary>Waits for the next frame.</summary>
    /// <returns>Its payload, valid until the next call; null at the end of the pipe, also in the middle of a frame.</returns>
    /// <exception cref="InvalidDataException">The length is negative.</exception>
    public ReadOnlyMemory<byte>? Read()
    {
        if (!Fill(HeaderLength))
            return null;
        int length = BinaryPrimitives.ReadInt32LittleEndian(_buffer.AsSpan(_start));
        if (length < 0)
            throw new InvalidDataException("A frame of the sandbox has a negative length");
        if (!Fill(HeaderLength + length))
            return null;
        var payload = _buffer.AsMemory(_start + HeaderLength, length);
        _start += HeaderLength + length;
        return payload;
    }

    // Reads until so many bytes are there.
    private bool Fill(int count)
    {
        if (_end - _start >= count)
            return true;
        MakeRoom(count);
        while (_end - _start < count)
        {
            int read = pipe.Read(_buffer, _end, _buffer.Length - _end);
            if (read == 0)
                return false;
            _end += read;
        }

        return true;
    }

    private void MakeRoom(int count)
    {
        int rest = _end - _start;
        // A buffer that was enlarged for one frame is not kept for the small ones.
        int size = Math.Max(count, RetainedBytes);
        byte[] target = _buffer.Length == size || (count <= _buffer.Length && count > RetainedBytes) ? _buffer : new byte[size];
        _buffer.AsSpan(_start, rest).CopyTo(target);
        (_buffer, _start, _end) = (target, 0, rest);
    }
}
