using System.Security.Cryptography;
using Jint;
using Jint.Native;
using Jint.Runtime;
using Jint.Runtime.Interop;

namespace FlowQuota.Sandbox.Language.Web;

/// <summary>The code's <c>crypto</c>: random values, nothing else.</summary>
internal sealed class CryptoObject(Engine engine, Func<string, string, JavaScriptException> domException)
{
    // The Web's limit on one call.
    private const int MaxBytes = 65_536;

    /// <summary>Makes it.</summary>
    public JsValue Create()
    {
        var crypto = new JsObject(engine);
        crypto.FastSetDataProperty("randomUUID", new ClrFunction(engine, "randomUUID", static (_, _) => RandomUuid()));
        crypto.FastSetDataProperty("getRandomValues", new ClrFunction(engine, "getRandomValues", (_, arguments) => GetRandomValues(arguments), 1));
        return crypto;
    }

    private static string RandomUuid()
    {
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true).ToString();
    }

    private JsValue GetRandomValues(JsValue[] arguments)
    {
        var array = arguments.Length > 0 ? arguments[0] : JsValue.Undefined;
        if (array is not JsTypedArray || array.IsFloat16Array() || array.IsFloat32Array() || array.IsFloat64Array())
            throw domException("TypeMismatchError", "The data argument must be an integer-type TypedArray");
        var bytes = BufferBytes.Of(array)!.Value;
        if (bytes.Length > MaxBytes)
            throw domException("QuotaExceededError", $"The requested length exceeds {MaxBytes} bytes");
        RandomNumberGenerator.Fill(bytes.Span);
        return array;
    }
}
