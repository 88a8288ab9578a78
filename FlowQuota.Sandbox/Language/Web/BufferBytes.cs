using Jint;
using Jint.Native;
using Jint.Native.Object;

namespace FlowQuota.Sandbox.Language.Web;

/// <summary>The bytes behind an <c>ArrayBuffer</c> or a view of one.</summary>
internal static class BufferBytes
{
    /// <summary>The bytes themselves, not a copy; null if the value is neither. Empty if the buffer was transferred.</summary>
    public static Memory<byte>? Of(JsValue value)
    {
        if (value.IsArrayBuffer())
            return value.AsArrayBuffer() ?? [];
        // The view's own properties, which code may have replaced: their values are checked.
        if (value is not ObjectInstance view || (value is not JsTypedArray && !value.IsDataView()))
            return null;
        if (view.Get("buffer") is not { } buffer || !buffer.IsArrayBuffer() || buffer.AsArrayBuffer() is not { } bytes)
            return Memory<byte>.Empty;
        double start = Number(view, "byteOffset");
        double length = Number(view, "byteLength");
        return start + length <= bytes.Length ? bytes.AsMemory((int)start, (int)length) : Memory<byte>.Empty;
    }

    /// <summary>A <c>Uint8Array</c> over bytes that nothing else refers to.</summary>
    public static JsValue ToUint8Array(Engine engine, byte[] bytes) =>
        engine.Construct(engine.Intrinsics.Uint8Array, engine.Intrinsics.ArrayBuffer.Construct(bytes));

    private static double Number(ObjectInstance view, string name) =>
        view.Get(name) is { } number && number.IsNumber() && number.AsNumber() is var value and >= 0 and <= int.MaxValue && value == Math.Floor(value)
            ? value
            : double.PositiveInfinity;
}
