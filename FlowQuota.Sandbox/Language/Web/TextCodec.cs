using System.Globalization;
using System.Text;
using FlowQuota.Sandbox.Limits;
using Jint;
using Jint.Native;
using Jint.Runtime;
using Jint.Runtime.Interop;

namespace FlowQuota.Sandbox.Language.Web;

/// <summary>The native functions behind <c>TextEncoder</c> and <c>TextDecoder</c>.</summary>
internal sealed class TextCodec(Engine engine, RunBudget budget)
{
    private const int BytesPerChar = 2;

    // A character of UTF-16 takes at most three bytes in UTF-8.
    private const int MaxBytesPerChar = 3;

    /// <summary>The functions that the library calls.</summary>
    public JsValue Functions()
    {
        var functions = new JsObject(engine);
        functions.FastSetDataProperty("encode", new ClrFunction(engine, "encode", (_, arguments) => Encode(arguments[0].AsString())));
        functions.FastSetDataProperty("encodeInto", new ClrFunction(engine, "encodeInto", (_, arguments) => EncodeInto(arguments[0].AsString(), At(arguments, 1))));
        functions.FastSetDataProperty("encodingOf", new ClrFunction(engine, "encodingOf", (_, arguments) => TextEncodings.NameOf(arguments[0].AsString()) is { } name ? name : JsValue.Null));
        functions.FastSetDataProperty("decoder", new ClrFunction(engine, "decoder", (_, arguments) =>
            Decoder(arguments[0].AsString(), arguments[1].AsBoolean(), arguments[2].AsBoolean())));
        return functions;
    }

    private JsValue Encode(string text)
    {
        budget.Require((double)text.Length * MaxBytesPerChar);
        return BufferBytes.ToUint8Array(engine, Encoding.UTF8.GetBytes(text));
    }

    private JsArray EncodeInto(string text, JsValue target)
    {
        if (!target.IsUint8Array())
            throw new JavaScriptException(engine.Intrinsics.TypeError, "The \"dest\" argument must be an instance of Uint8Array");
        var bytes = BufferBytes.Of(target)!.Value.Span;
        var (read, written) = (0, 0);
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Utf8SequenceLength > bytes.Length - written)
                break;
            written += rune.EncodeToUtf8(bytes[written..]);
            // An unpaired surrogate is one character, and so is its replacement.
            read += rune.Utf16SequenceLength;
        }

        return new JsArray(engine, [read, written]);
    }

    private ClrFunction Decoder(string name, bool isFatal, bool keepsMark)
    {
        var decoder = TextEncodings.DecoderOf(name, isFatal);
        // The first character may be a byte order mark; later ones are text.
        bool isAtStart = !keepsMark && name.StartsWith("utf-", StringComparison.Ordinal);
        return new ClrFunction(engine, "decode", (_, arguments) =>
        {
            var bytes = At(arguments, 0).IsUndefined() ? Memory<byte>.Empty : BufferBytes.Of(arguments[0]) ?? throw NoBuffer();
            budget.Require((double)bytes.Length * BytesPerChar);
            string text = Decode(decoder, name, bytes.Span, isLast: !arguments[1].AsBoolean());
            if (!isAtStart || text.Length == 0)
                return text;
            isAtStart = false;
            return text[0] == '\uFEFF' ? text[1..] : text;
        });
    }

    private string Decode(Decoder decoder, string name, ReadOnlySpan<byte> bytes, bool isLast)
    {
        try
        {
            char[] characters = new char[decoder.GetCharCount(bytes, isLast)];
            return new string(characters, 0, decoder.GetChars(bytes, characters, isLast));
        }
        catch (DecoderFallbackException)
        {
            var error = engine.Intrinsics.TypeError.Construct(
                string.Create(CultureInfo.InvariantCulture, $"The encoded data was not valid for encoding {name}"));
            error.Set("code", "ERR_ENCODING_INVALID_ENCODED_DATA");
            throw new JavaScriptException(error);
        }
    }

    private JavaScriptException NoBuffer() => new(
        engine.Intrinsics.TypeError, "The \"list\" argument must be an instance of SharedArrayBuffer, ArrayBuffer or ArrayBufferView.");

    private static JsValue At(JsValue[] arguments, int index) => index < arguments.Length ? arguments[index] : JsValue.Undefined;
}
