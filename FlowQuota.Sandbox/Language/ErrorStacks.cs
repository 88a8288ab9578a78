using System.Runtime.CompilerServices;
using FlowQuota.Sandbox.Limits;
using Jint;
using Jint.Native;
using Jint.Native.Error;
using Jint.Native.Object;
using Jint.Runtime;
using Jint.Runtime.Descriptors;
using Jint.Runtime.Interop;

namespace FlowQuota.Sandbox.Language;

/// <summary>
/// <c>error.stack</c> as Node writes it: the error, then the calls. As in Node the first line is made when the stack is first
/// read, so that it contains a name that was set in a constructor.
/// </summary>
internal sealed class ErrorStacks(Engine engine, RunBudget budget)
{
    private const int DefaultLimit = 10;

    private readonly ConditionalWeakTable<JsValue, JsString> _known = [];
    private JsValue _frames = JsValue.Undefined;

    /// <summary>Sets up one engine.</summary>
    public void Install()
    {
        var errors = engine.Intrinsics.Error;
        var prototype = (ObjectInstance)errors.Get("prototype");
        var own = prototype.GetOwnProperty("stack");
        _frames = own.Get!;
        prototype.DefineOwnProperty("stack", new GetSetPropertyDescriptor(
            new ClrFunction(engine, "get stack", (error, _) => StackOf(error)), own.Set!, enumerable: false, configurable: true));
        errors.DefineOwnProperty("captureStackTrace", new PropertyDescriptor(
            new ClrFunction(engine, "captureStackTrace", (_, arguments) => Capture(arguments), 2), PropertyFlag.NonEnumerable));
        errors.DefineOwnProperty("stackTraceLimit", new PropertyDescriptor(DefaultLimit, PropertyFlag.ConfigurableEnumerableWritable));
    }

    private JsValue StackOf(JsValue error)
    {
        // The error's own name can call this again without a statement of the code.
        budget.Check();
        if (error is not ErrorInstance instance)
            return engine.Call(_frames, error, []);
        if (_known.TryGetValue(error, out var known))
            return known;
        var frames = engine.Call(_frames, error, []);
        if (frames.IsUndefined())
            return frames;
        var stack = new JsString(Text(instance, frames.AsString()));
        _known.AddOrUpdate(error, stack);
        return stack;
    }

    private JsValue Capture(JsValue[] arguments)
    {
        budget.Check();
        if (arguments.Length == 0 || arguments[0] is not ObjectInstance target)
            throw new JavaScriptException(engine.Intrinsics.TypeError, "Invalid argument");
        var frames = engine.Call(_frames, engine.Construct(engine.Intrinsics.Error, []), []);
        if (!target.DefineOwnProperty("stack", new PropertyDescriptor(Text(target, frames.AsString()), PropertyFlag.NonEnumerable)))
            throw new JavaScriptException(engine.Intrinsics.TypeError, "Cannot define property stack, object is not extensible");
        return JsValue.Undefined;
    }

    private static string Text(ObjectInstance error, string frames)
    {
        string calls = frames.TrimStart('\n', '\r');
        string heading = Heading(error);
        return calls.Length == 0 ? heading : $"{heading}\n{calls}";
    }

    // Error.prototype.toString.
    private static string Heading(ObjectInstance error)
    {
        string name = TextOf(error.Get("name"), "Error");
        string message = TextOf(error.Get("message"), string.Empty);
        return message.Length == 0 ? name : name.Length == 0 ? message : $"{name}: {message}";
    }

    private static string TextOf(JsValue value, string otherwise) => value.IsUndefined() ? otherwise : TypeConverter.ToString(value);
}
