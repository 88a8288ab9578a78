using FlowQuota.Sandbox.Limits;
using Jint;
using Jint.Native;
using Jint.Native.Object;
using Jint.Runtime.Descriptors;
using Jint.Runtime.Interop;

namespace FlowQuota.Sandbox.Guards;

/// <summary>
/// The constructors of binary data, each behind a proxy that checks the budget before it allocates. Each is made when the
/// code first names it.
/// </summary>
internal sealed class GuardedBuffers(Engine engine, RunBudget budget, GuardedBuiltins builtins) : ProxyHandler
{
    private const int MaxBytesPerElement = 8;

    private static readonly string[] Constructors =
    [
        "ArrayBuffer", "Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array", "Int32Array", "Uint32Array",
        "BigInt64Array", "BigUint64Array", "Float16Array", "Float32Array", "Float64Array",
    ];

    private bool _areMethodsGuarded;

    /// <summary>Guards one engine.</summary>
    public void Install()
    {
        foreach (string name in Constructors)
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
        GuardMethods();
        var guarded = engine.Advanced.CreateProxy(constructor, this);
        Prototype(constructor).Set("constructor", guarded);
        return guarded;
    }

    private static ObjectInstance Prototype(ObjectInstance constructor) => (ObjectInstance)constructor.Get("prototype");

    // Every typed array gives access to its buffer and to the prototype that all of them share.
    private void GuardMethods()
    {
        if (_areMethodsGuarded)
            return;
        _areMethodsGuarded = true;
        builtins.GuardTransfers(Prototype(engine.Intrinsics.ArrayBuffer));
        builtins.GuardJoins(Prototype(engine.Intrinsics.Uint8Array).Prototype!);
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
