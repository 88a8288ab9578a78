using FlowQuota.Sandbox.Limits;
using Jint;
using Jint.Native;
using Jint.Native.Array;
using Jint.Native.Error;
using Jint.Native.Object;
using Jint.Runtime;
using Jint.Runtime.Descriptors;

namespace FlowQuota.Sandbox.Language.Web;

/// <summary>One call of <c>structuredClone</c>.</summary>
internal sealed class StructuredClone(Engine engine, RunBudget budget, Func<string, string, JavaScriptException> domException)
{
    private const string DataCloneError = nameof(DataCloneError);

    private static readonly string[] ErrorNames = ["EvalError", "RangeError", "ReferenceError", "SyntaxError", "TypeError", "URIError"];

    private static readonly string[] Wrappers = ["Boolean", "Number", "String", "BigInt"];

    private readonly Dictionary<ObjectInstance, JsValue> _clones = new(ReferenceEqualityComparer.Instance);

    /// <summary>The clone of a value.</summary>
    /// <param name="value">The value.</param>
    /// <param name="options">Its <c>transfer</c> lists buffers that the clone takes over; undefined = none.</param>
    public JsValue Clone(JsValue value, JsValue options)
    {
        var transfers = Transfers(options);
        foreach (var buffer in transfers)
        {
            // Stands in until everything else is cloned, because a failure must leave the buffers as they are.
            if (!buffer.IsArrayBuffer() || buffer.AsArrayBuffer() is null || !_clones.TryAdd(buffer, buffer))
                throw NotCloneable(buffer);
        }

        foreach (var buffer in transfers)
            _clones.Remove(buffer);
        foreach (var buffer in transfers)
            Buffer(buffer);
        var clone = Of(value);
        foreach (var buffer in transfers)
            engine.Call(buffer.Get("transfer"), buffer, []);
        return clone;
    }

    private List<ObjectInstance> Transfers(JsValue options)
    {
        if (options is not ObjectInstance settings || settings.Get("transfer") is not { } transfer || transfer.IsUndefined())
            return [];
        if (transfer is not ArrayInstance list)
            throw new JavaScriptException(engine.Intrinsics.TypeError, "The transfer option must be an array");
        List<ObjectInstance> buffers = [];
        foreach (var item in list)
            buffers.Add(item as ObjectInstance ?? throw NotCloneable(item));
        return buffers;
    }

    private JsValue Of(JsValue value)
    {
        if (value.IsSymbol())
            throw NotCloneable(value);
        if (value is not ObjectInstance instance)
            return value;
        if (_clones.TryGetValue(instance, out var known))
            return known;
        budget.Check();
        return instance switch
        {
            _ when instance.IsCallable() => throw NotCloneable(instance),
            ArrayInstance array => Array(array),
            ErrorInstance error => Error(error),
            JsDate date => Remember(instance, engine.Construct(engine.Global.Get("Date"), date.DateValue)),
            JsRegExp pattern => Remember(instance, engine.Intrinsics.RegExp.Construct([pattern.Source, pattern.Flags])),
            JsMap map => Map(map),
            JsSet set => Set(set),
            _ when instance.IsArrayBuffer() => Buffer(instance),
            JsTypedArray array => View(instance, array.Get("length"), KindOf(array)),
            _ when instance.IsDataView() => View(instance, instance.Get("byteLength"), engine.Global.Get("DataView")),
            JsObject or JsArguments => Object(instance),
            _ => Wrapper(instance),
        };
    }

    private T Remember<T>(ObjectInstance original, T clone)
        where T : JsValue
    {
        _clones.Add(original, clone);
        return clone;
    }

    private JsObject Object(ObjectInstance original)
    {
        var clone = Remember(original, new JsObject(engine));
        CopyProperties(original, clone);
        return clone;
    }

    private JsArray Array(ArrayInstance original)
    {
        var clone = Remember(original, engine.Intrinsics.Array.Construct([]));
        clone.Set("length", original.Get("length"));
        CopyProperties(original, clone);
        return clone;
    }

    private void CopyProperties(ObjectInstance original, ObjectInstance clone)
    {
        foreach (var key in original.GetOwnPropertyKeys(Types.String))
        {
            // A getter before may have removed it.
            if (original.GetOwnProperty(key) is { Enumerable: true } property && property != PropertyDescriptor.Undefined)
                clone.CreateDataProperty(key, Of(original.Get(key)));
        }
    }

    private ObjectInstance Error(ErrorInstance original)
    {
        var name = original.Get("name");
        string kind = name.IsString() && ErrorNames.Contains(name.AsString()) ? name.AsString() : "Error";
        var clone = Remember(original, (ObjectInstance)engine.Construct(engine.Global.Get(kind)));
        CopyHidden(original, clone, "message");
        CopyHidden(original, clone, "cause");
        var stack = original.Get("stack");
        if (stack.IsString())
            clone.DefineOwnProperty("stack", Hidden(stack));
        return clone;
    }

    private void CopyHidden(ErrorInstance original, ObjectInstance clone, string name)
    {
        if (!original.HasOwnProperty(name))
            return;
        var value = original.Get(name);
        clone.DefineOwnProperty(name, Hidden(name == "message" ? TypeConverter.ToString(value) : Of(value)));
    }

    private static PropertyDescriptor Hidden(JsValue value) => new(value, writable: true, enumerable: false, configurable: true);

    private JsMap Map(JsMap original)
    {
        var clone = Remember(original, engine.Intrinsics.Map.Construct());
        // All entries are taken first, because cloning may change the map.
        KeyValuePair<JsValue, JsValue>[] entries = [.. Entries(original)];
        foreach (var (key, value) in entries)
            clone.Set(Of(key), Of(value));
        return clone;
    }

    private static IEnumerable<KeyValuePair<JsValue, JsValue>> Entries(JsMap map)
    {
        foreach (var entry in map)
            yield return entry;
    }

    private JsSet Set(JsSet original)
    {
        var clone = Remember(original, engine.Intrinsics.Set.Construct());
        List<JsValue> values = [];
        foreach (var value in original)
            values.Add(value);
        foreach (var value in values)
            clone.Add(Of(value));
        return clone;
    }

    private JsArrayBuffer Buffer(ObjectInstance original)
    {
        if (original.AsArrayBuffer() is not { } bytes)
            throw NotCloneable(original);
        budget.Require(bytes.Length);
        return Remember(original, engine.Intrinsics.ArrayBuffer.Construct([.. bytes]));
    }

    private ObjectInstance View(ObjectInstance original, JsValue length, JsValue constructor)
    {
        if (original.Get("buffer") is not ObjectInstance source || !source.IsArrayBuffer())
            throw NotCloneable(original);
        var buffer = Of(source);
        return Remember(original, engine.Construct(constructor, buffer, original.Get("byteOffset"), length));
    }

    private JsValue KindOf(JsTypedArray array) => engine.Intrinsics switch
    {
        var all when array.IsUint8Array() => all.Uint8Array,
        var all when array.IsUint8ClampedArray() => all.Uint8ClampedArray,
        var all when array.IsInt8Array() => all.Int8Array,
        var all when array.IsInt16Array() => all.Int16Array,
        var all when array.IsUint16Array() => all.Uint16Array,
        var all when array.IsInt32Array() => all.Int32Array,
        var all when array.IsUint32Array() => all.Uint32Array,
        var all when array.IsBigInt64Array() => all.BigInt64Array,
        var all when array.IsBigUint64Array() => all.BigUint64Array,
        var all when array.IsFloat16Array() => all.Float16Array,
        var all when array.IsFloat32Array() => all.Float32Array,
        var all => all.Float64Array,
    };

    // An object around a primitive value; any other value cannot be cloned.
    private JsValue Wrapper(ObjectInstance original)
    {
        foreach (string name in Wrappers)
        {
            try
            {
                var inner = engine.Call(engine.Global.Get(name).Get("prototype").Get("valueOf"), original, []);
                return Remember(original, engine.Call(engine.Global.Get("Object"), inner));
            }
            catch (JavaScriptException)
            {
                // The value is no such wrapper.
            }
        }

        throw NotCloneable(original);
    }

    private JavaScriptException NotCloneable(JsValue value) => domException(DataCloneError, $"{Describe(value)} could not be cloned.");

    private static string Describe(JsValue value)
    {
        if (value is not ObjectInstance instance || instance.IsCallable())
            return value.ToString();
        var name = instance.Get("constructor") is ObjectInstance constructor ? constructor.Get("name") : JsValue.Undefined;
        return name.IsString() && name.AsString() is { Length: > 0 } text ? $"#<{text}>" : "#<Object>";
    }
}
