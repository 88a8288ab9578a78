using System.Text;
using FlowQuota.Sandbox.Limits;
using Jint;
using Jint.Native;
using Jint.Native.Json;
using Jint.Native.Object;
using Jint.Runtime.Interop;

namespace FlowQuota.Sandbox.Guards;

/// <summary>
/// JSON of a script's value, as <c>JSON.stringify</c> writes it, abandoned as soon as it is sure to be longer than allowed.
/// Jint's serializer checks no limit between two properties, so a small value that contains itself many times over
/// (<c>a = [a, a]</c>, forty times) would keep it busy for minutes. Only a replacer function is called at each property.
/// </summary>
internal sealed class BoundedJson
{
    private const int BytesPerChar = 2;

    private readonly Engine _engine;
    private readonly RunBudget _budget;
    private readonly JsValue _replacer;
    private readonly HashSet<string>? _only;
    private readonly long _maxLength;
    private readonly ClrFunction _visitor;
    private long _length;

    private BoundedJson(Engine engine, RunBudget budget, long maxLength, JsValue replacer, HashSet<string>? only = null)
    {
        _engine = engine;
        _budget = budget;
        _maxLength = maxLength;
        _replacer = replacer;
        _only = only;
        _visitor = new ClrFunction(engine, string.Empty, Visit, 2);
    }

    /// <summary>The JSON as text; null if the value has none (<c>undefined</c>, a function, a symbol).</summary>
    /// <exception cref="Jint.Runtime.JavaScriptException">A getter or <c>toJSON</c> threw, or the value is circular or holds a BigInt.</exception>
    /// <exception cref="JsonTooLongException">The JSON is longer than allowed.</exception>
    public static string? Write(Engine engine, RunBudget budget, JsValue value, long maxLength)
    {
        var json = new BoundedJson(engine, budget, maxLength, JsValue.Undefined).Write(value, JsValue.Undefined);
        return json.IsString() ? json.AsString() : null;
    }

    /// <summary>The JSON as UTF-8.</summary>
    /// <inheritdoc cref="Write(Engine, RunBudget, JsValue, long)" />
    public static ReadOnlyMemory<byte>? WriteUtf8(Engine engine, RunBudget budget, JsValue value, int maxBytes)
    {
        // A character takes at least a byte.
        if (Write(engine, budget, value, maxBytes) is not { } json)
            return null;
        if (Encoding.UTF8.GetByteCount(json) > maxBytes)
            throw new JsonTooLongException();
        return Encoding.UTF8.GetBytes(json);
    }

    /// <summary><c>JSON.stringify</c>, within the remaining budget.</summary>
    public static JsValue Stringify(Engine engine, RunBudget budget, JsValue value, JsValue replacer, JsValue space)
    {
        long maxLength = budget.MemoryLeft / BytesPerChar;
        try
        {
            if (replacer is ObjectInstance && !replacer.IsCallable() && replacer.IsArray())
            {
                // With a list of names the replacer is not called, so it visits the value first.
                var names = replacer.AsArray().Select(static name => name.ToString()).ToHashSet(StringComparer.Ordinal);
                new BoundedJson(engine, budget, maxLength, JsValue.Undefined, names).Write(value, space);
                return new JsonSerializer(engine).Serialize(value, replacer, space);
            }

            return new BoundedJson(engine, budget, maxLength, replacer).Write(value, space);
        }
        catch (JsonTooLongException)
        {
            budget.Require(double.PositiveInfinity);
            throw;
        }
    }

    private JsValue Write(JsValue value, JsValue space) => new JsonSerializer(_engine).Serialize(value, _visitor, space);

    private JsValue Visit(JsValue holder, JsValue[] arguments)
    {
        _budget.Check();
        var value = arguments[1];
        if (_replacer.IsCallable())
            value = _engine.Call(_replacer, holder, arguments);
        if (_only is not null && !holder.IsArray() && arguments[0].AsString() is { Length: > 0 } name && !_only.Contains(name))
            return JsValue.Undefined;

        _length += LeastLength(value) + (holder.IsArray() ? 0 : arguments[0].AsString().Length);
        if (_length > _maxLength)
            throw new JsonTooLongException();
        return value;
    }

    private static int LeastLength(JsValue value) => value.IsString() ? 2 + value.AsString().Length : 1;
}
