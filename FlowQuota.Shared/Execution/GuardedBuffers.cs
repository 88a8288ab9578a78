using Jint;
using Jint.Native;
using Jint.Native.Object;
using Jint.Runtime.Descriptors;
using Jint.Runtime.Interop;

namespace FlowQuota.Execution;

/// <summary>
/// The constructors of binary data, each behind a proxy that asks the budget before it allocates. Nothing is made before
/// the code first names one of them.
/// </summary>
internal sealed class GuardedBuffers(Engine engine, RunBudget budget) : ProxyHandler
{
    private const int MaxBytesPerElement = 8;

    private static readonly string[] Constructors =
    [
        "ArrayBuffer", "Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array", "Int32Array", "Uint32Array",
        "BigInt64Array", "BigUint64Array", "Float16Array", "Float32Array", "Float64Array",
    ];

    private bool _isPrototypeGuarded;

    /// <summary>Guards one engine.</summary>
    public void Install()
    {
        foreach (var name in Constructors)
        {
            var own = engine.Global.GetOwnProperty(name);
            engine.Advanced.AddLazyGlobal(
                name, (Guard: this, Own: own), static (_, state) => state.Guard.Wrap((ObjectInstance)state.Own.Value), PropertyFlag.NonEnumerable);
        }
    }

    /// <inheritdoc />
    public override ObjectInstance? Construct(ObjectInstance target, JsValue[] arguments, JsValue newTarget)
    {
        if (arguments.Length > 0)
            budget.Require(LengthOf(arguments[0]) * BytesPerElement(target));
        if (arguments.Length > 1 && arguments[1] is ObjectInstance options && options.Get("maxByteLength") is { } most && most.IsNumber())
            budget.Require(most.AsNumber());
        return null;
    }

    private ObjectInstance Wrap(ObjectInstance constructor)
    {
        var guarded = engine.Advanced.CreateProxy(constructor, this);
        var prototype = (ObjectInstance)constructor.Get("prototype");
        GuardSharedPrototype(prototype.Prototype);
        prototype.FastSetProperty("constructor", new PropertyDescriptor(guarded, writable: true, enumerable: false, configurable: true));
        return guarded;
    }

    // The typed arrays share one prototype for their methods; the buffer's own prototype is plain Object's.
    private void GuardSharedPrototype(ObjectInstance? methods)
    {
        if (_isPrototypeGuarded || methods is null || !methods.HasOwnProperty("join"))
            return;
        _isPrototypeGuarded = true;
        new GuardedBuiltins(engine, budget).GuardJoins(methods);
    }

    // A view of a buffer copies nothing.
    private static double LengthOf(JsValue source) => source switch
    {
        JsArrayBuffer => 0,
        ObjectInstance list => list.Get("length") is { } length && length.IsNumber() ? length.AsNumber() : 0,
        _ => source.IsNumber() ? source.AsNumber() : 0,
    };

    private static double BytesPerElement(ObjectInstance constructor)
    {
        var size = constructor.Get("BYTES_PER_ELEMENT");
        return size.IsNumber() ? Math.Min(size.AsNumber(), MaxBytesPerElement) : 1;
    }
}
