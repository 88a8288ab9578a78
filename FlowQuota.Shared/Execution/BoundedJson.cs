using System.Text;
using Jint;
using Jint.Native;
using Jint.Native.Json;
using Jint.Runtime.Interop;

namespace FlowQuota.Execution;

/// <summary>
/// JSON of a script's value, as <c>JSON.stringify</c> writes it, given up as soon as it is sure to be longer than allowed.
/// Jint's serializer alone would write a small value that holds itself many times over (<c>a = [a, a]</c>, forty times)
/// for minutes: it looks at no limit between two properties.
/// </summary>
internal sealed class BoundedJson
{
    private readonly RunBudget _budget;
    private readonly long _maxLength;
    private readonly ClrFunction _visitor;
    private long _length;

    private BoundedJson(Engine engine, RunBudget budget, long maxLength)
    {
        _budget = budget;
        _maxLength = maxLength;
        _visitor = new ClrFunction(engine, string.Empty, Visit, 2);
    }

    /// <summary>The JSON as text; null where the value has none (<c>undefined</c>, a function, a symbol).</summary>
    /// <exception cref="Jint.Runtime.JavaScriptException">A getter or <c>toJSON</c> threw, or the value is circular or holds a BigInt.</exception>
    /// <exception cref="JsonTooLongException">It is longer than allowed.</exception>
    public static string? Write(Engine engine, RunBudget budget, JsValue value, long maxLength)
    {
        if (value.IsString())
        {
            var text = value.AsString();
            if (text.Length > maxLength)
                throw new JsonTooLongException();
            return new JsonSerializer(engine).Serialize(text).AsString();
        }

        var writer = new BoundedJson(engine, budget, maxLength);
        var json = new JsonSerializer(engine).Serialize(value, writer._visitor, JsValue.Undefined);
        return json.IsString() ? json.AsString() : null;
    }

    /// <summary>The JSON as UTF-8.</summary>
    /// <inheritdoc cref="Write" />
    public static ReadOnlyMemory<byte>? WriteUtf8(Engine engine, RunBudget budget, JsValue value, int maxBytes)
    {
        // A character is at least a byte.
        if (Write(engine, budget, value, maxBytes) is not { } json)
            return null;
        if (Encoding.UTF8.GetByteCount(json) > maxBytes)
            throw new JsonTooLongException();
        return Encoding.UTF8.GetBytes(json);
    }

    // A replacer function is the one thing that the serializer asks at every property.
    private JsValue Visit(JsValue holder, JsValue[] arguments)
    {
        _budget.Check();
        var value = arguments[1];
        _length += LeastLength(value);
        if (_length > _maxLength)
            throw new JsonTooLongException();
        return value;
    }

    private static int LeastLength(JsValue value) => value.IsString() ? 2 + value.AsString().Length : 1;
}
