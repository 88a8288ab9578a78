using FlowQuota.Sandbox.Language.Modules;
using FlowQuota.Sandbox.Limits;
using FlowQuota.Sandbox.Protocol;

namespace FlowQuota.Sandbox.Running;

/// <summary>Runs scripts one after the other, each in a fresh engine, within the same limits. Not thread-safe.</summary>
internal sealed class ScriptRunner
{
    private readonly RunLimits _limits;
    private readonly EngineFactory _engines;
    private readonly ScriptCache _scripts;
    private readonly ModuleStore? _modules;
    private readonly RetainedMemory _memory;

    /// <param name="limits">The limits of each run.</param>
    public ScriptRunner(RunLimits limits)
    {
        _limits = limits;
        _engines = new EngineFactory(limits);
        _scripts = new ScriptCache(limits.ScriptCacheSize, code => UserScript.Parse(code, EngineFactory.RegexTimeout(limits)));
        _modules = limits.ModulesFolder is { } folder ? new ModuleStore(folder, EngineFactory.RegexTimeout(limits)) : null;
        _memory = new RetainedMemory(limits.MaxMemoryBytes);
    }

    /// <summary>Runs code on the calling thread, whose stack has <see cref="Worker.StackBytes"/>.</summary>
    /// <param name="code">The source.</param>
    /// <param name="input">The code's <c>input</c>: UTF-8 JSON; empty = <c>undefined</c>.</param>
    public ScriptResult Run(string code, ReadOnlyMemory<byte> input) =>
        new ScriptRun(_limits, _engines, _scripts, _modules, _memory, code, input).Execute();
}
