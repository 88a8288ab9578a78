using FlowQuota.Sandbox.Limits;
using Jint;
using Jint.Native;
using Jint.Native.Object;
using Jint.Runtime.Descriptors;
using Jint.Runtime.Interop;

namespace FlowQuota.Sandbox.Guards;

/// <summary>The code's <c>JSON</c>: the engine's, with a <c>stringify</c> that checks the budget at every property.</summary>
internal sealed class GuardedJson(Engine engine, RunBudget budget)
{
    /// <summary>Guards one engine; nothing is made before the code first names <c>JSON</c>.</summary>
    public void Install()
    {
        var own = engine.Global.GetOwnProperty("JSON");
        engine.Advanced.AddLazyGlobal("JSON", (Json: this, Own: own), static (_, state) => state.Json.Guard((ObjectInstance)state.Own.Value), PropertyFlag.NonEnumerable);
    }

    private ObjectInstance Guard(ObjectInstance json)
    {
        var guarded = new ClrFunction(engine, "stringify", (_, arguments) => Stringify(arguments), 3);
        json.Set("stringify", guarded);
        return json;
    }

    private JsValue Stringify(JsValue[] arguments) => BoundedJson.Stringify(
        engine,
        budget,
        arguments.Length > 0 ? arguments[0] : JsValue.Undefined,
        arguments.Length > 1 ? arguments[1] : JsValue.Undefined,
        arguments.Length > 2 ? arguments[2] : JsValue.Undefined);
}
