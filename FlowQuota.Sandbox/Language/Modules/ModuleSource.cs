using Acornima.Ast;

namespace FlowQuota.Sandbox.Language.Modules;

/// <summary>A package's file, read and parsed, shared by every run that requires it.</summary>
/// <param name="Path">Its <see cref="ModulePath"/>.</param>
/// <param name="Length">Characters of its text.</param>
/// <param name="Function">Its code as a function of <see cref="ModuleStore.Parameters"/>; null for JSON.</param>
/// <param name="Json">Its text, if it is JSON.</param>
internal sealed record ModuleSource(string Path, int Length, IFunction? Function, string? Json)
{
    /// <summary>When it was last used, by the store's count of uses.</summary>
    public long LastUsed { get; set; }
}
