using FlowQuota.Sandbox.Guards;
using FlowQuota.Sandbox.Language.Consoles;
using FlowQuota.Sandbox.Language.Dates;
using FlowQuota.Sandbox.Language.Web;
using FlowQuota.Sandbox.Limits;
using Jint;
using Jint.Native;
using Jint.Native.Json;

namespace FlowQuota.Sandbox.Language;

/// <summary>Sets up the global object: adds the functions that code may use, and removes the others.</summary>
internal static class Globals
{
    // Blocking, threads, other realms and garbage collection: useless in one run, and each a way around a limit.
    private static readonly string[] Withheld =
        ["Atomics", "SharedArrayBuffer", "ShadowRealm", "FinalizationRegistry", "WeakRef"];

    /// <summary>Sets up one engine.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="budget">The run's budget.</param>
    /// <param name="input">The code's <c>input</c>: UTF-8 JSON; empty = <c>undefined</c>.</param>
    /// <param name="console">The code's <c>console</c>.</param>
    /// <param name="web">The functions of the web.</param>
    /// <param name="mayUse">
    /// Whether a word is in the code. Replacing a function costs objects that most code never uses, so only code that names it
    /// pays. Code that reaches a function by a computed name gets the engine's own, and the limits of the process.
    /// </param>
    public static void Install(
        Engine engine, RunBudget budget, ReadOnlyMemory<byte> input, ConsoleObject console, WebGlobals web, Func<string, bool> mayUse)
    {
        foreach (string name in Withheld)
            engine.Advanced.AddLazyGlobal(name, static _ => JsValue.Undefined);

        engine.Advanced.AddLazyGlobal("console", console, static (engine, console) => console.In(engine));
        engine.Advanced.AddLazyGlobal("input", input, static (engine, input) => Parse(engine, input));
        web.Install();
        new GuardedJson(engine, budget).Install();
        var builtins = new GuardedBuiltins(engine, budget, mayUse);
        builtins.Install();
        new CodePoints(engine, budget).Install();
        if (mayUse("Array"))
            new GuardedBuffers(engine, budget, builtins).Install();
        if (mayUse("tack"))
            new ErrorStacks(engine, budget).Install();
        if (mayUse("toLocale") || mayUse("DateTimeFormat"))
            new LocaleDates(engine, budget).Install();
        if (mayUse("toString"))
            RadixText.Install(engine, budget);
    }

    private static JsValue Parse(Engine engine, ReadOnlyMemory<byte> input) =>
        input.IsEmpty ? JsValue.Undefined : new JsonParser(engine).Parse(input.Span);
}
