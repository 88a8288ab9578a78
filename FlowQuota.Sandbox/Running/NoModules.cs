using Jint;
using Jint.Runtime;
using Jint.Runtime.Modules;

namespace FlowQuota.Sandbox.Running;

/// <summary>Makes <c>import()</c> an error of the code.</summary>
internal sealed class NoModules : IModuleLoader
{
    /// <inheritdoc />
    public ResolvedSpecifier Resolve(string? referencingModuleLocation, ModuleRequest moduleRequest) =>
        new(moduleRequest, moduleRequest.Specifier, null, SpecifierType.Bare);

    /// <inheritdoc />
    public Module LoadModule(Engine engine, ResolvedSpecifier resolved) =>
        throw new JavaScriptException(engine.Intrinsics.TypeError, "import() is not available");
}
