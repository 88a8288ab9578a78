using FlowQuota.Sandbox.Limits;
using Jint;
using Jint.Native;
using Jint.Runtime.Interop;

namespace FlowQuota.Sandbox.Language;

/// <summary>The <c>console</c> that code sees.</summary>
internal sealed class ConsoleObject(RunLog log, ValueText text)
{
    private static readonly string[] Methods = ["log", "info", "warn", "error", "debug"];

    /// <summary>Makes it, in one engine.</summary>
    public JsValue In(Engine engine)
    {
        var console = new JsObject(engine);
        foreach (var method in Methods)
            console.FastSetDataProperty(method, new ClrFunction(engine, method, Write));
        return console;
    }

    private JsValue Write(JsValue console, JsValue[] arguments)
    {
        // Formatting may run the code's own getters, so it happens whether or not the line is kept.
        log.Add(arguments.Length == 1 ? text.Of(arguments[0]) : string.Join(' ', arguments.Select(text.Of)));
        return JsValue.Undefined;
    }
}
