using FlowQuota.Sandbox.Guards;
using FlowQuota.Sandbox.Language.Consoles;
using FlowQuota.Sandbox.Language.Web;
using FlowQuota.Sandbox.Limits;
using Jint;
using Jint.Native;
using Jint.Native.Json;

namespace FlowQuota.Sandbox.Language;

/// <summary>What the global object has for the code, and what it has not.</summary>
internal static class Globals
{
    // Blocking, threads, other realms and the collector's doings: of no use in one run, and each a way around a limit.
    private static readonly string[] Withheld =
        ["Atomics", "SharedArrayBuffer", "ShadowRealm", "FinalizationRegistry", "WeakRef"];

    /// <summary>Sets up one engine.</summary>
    public static void Install(Engine engine, RunBudget budget, ReadOnlyMemory<byte> input, ConsoleObject console, WebGlobals web)
    {
        foreach (var name in Withheld)
            engine.Advanced.AddLazyGlobal(name, static _ => JsValue.Undefined);

        engine.Advanced.AddLazyGlobal("console", console, static (engine, console) => console.In(engine));
        engine.Advanced.AddLazyGlobal("input", input, static (engine, input) => Parse(engine, input));
        web.Install();
        new GuardedJson(engine, budget).Install();
        new GuardedBuffers(engine, budget).Install();
        new GuardedBuiltins(engine, budget).Install();
        new CodePoints(engine, budget).Install();
    }

    private static JsValue Parse(Engine engine, ReadOnlyMemory<byte> input) =>
        input.IsEmpty ? JsValue.Undefined : new JsonParser(engine).Parse(input.Span);
}
