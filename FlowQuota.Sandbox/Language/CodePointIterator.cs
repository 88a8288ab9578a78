using Jint;
using Jint.Native.Object;

namespace FlowQuota.Sandbox.Language;

/// <summary>The state of an iteration over a string's code points.</summary>
internal sealed class CodePointIterator(Engine engine, string text) : ObjectInstance(engine)
{
    private int _position;

    /// <summary>The next code point, or half of a pair that stands alone; null at the end.</summary>
    public string? Next()
    {
        if (_position >= text.Length)
            return null;
        int length = char.IsHighSurrogate(text[_position]) && _position + 1 < text.Length && char.IsLowSurrogate(text[_position + 1]) ? 2 : 1;
        string point = text.Substring(_position, length);
        _position += length;
        return point;
    }
}
