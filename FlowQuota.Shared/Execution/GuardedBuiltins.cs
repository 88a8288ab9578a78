using Jint;
using Jint.Native;
using Jint.Native.Object;
using Jint.Runtime;
using Jint.Runtime.Interop;

namespace FlowQuota.Execution;

/// <summary>
/// Built-in functions that would make something huge out of something small in one go, before the engine next looks at
/// the memory limit: each asks the budget first. Also takes away what code here has no use for.
/// </summary>
internal sealed class GuardedBuiltins(Engine engine, RunBudget budget)
{
    private const int BytesPerChar = 2;

    /// <summary>Guards one engine.</summary>
    public void Install()
    {
        var strings = (ObjectInstance)engine.Global.Get("String").Get("prototype");
        Guard(strings, "repeat", RequireRepeat);
        Guard(strings, "padStart", RequirePadding);
        Guard(strings, "padEnd", RequirePadding);
    }

    private void RequireRepeat(JsValue text, JsValue[] arguments)
    {
        if (arguments.Length > 0)
            budget.Require(TypeConverter.ToString(text).Length * BytesPerChar * TypeConverter.ToInteger(arguments[0]));
    }

    private void RequirePadding(JsValue text, JsValue[] arguments)
    {
        if (arguments.Length > 0)
            budget.Require(BytesPerChar * TypeConverter.ToInteger(arguments[0]));
    }

    private void Guard(ObjectInstance owner, string name, Action<JsValue, JsValue[]> require)
    {
        var original = owner.Get(name);
        owner.FastSetProperty(name, new Jint.Runtime.Descriptors.PropertyDescriptor(new ClrFunction(engine, name, (self, arguments) =>
        {
            require(self, arguments);
            return engine.Call(original, self, arguments);
        }), true, false, true));
    }
}
