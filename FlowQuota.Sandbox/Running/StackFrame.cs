using Acornima;
using FlowQuota.Sandbox.Language.Modules;

namespace FlowQuota.Sandbox.Running;

/// <summary>Writes the lines of <c>error.stack</c> with positions in the caller's own text and in packages.</summary>
internal static class StackFrame
{
    // Jint trims this from a stack's end; an empty line would make Jint write its own.
    private const string Nothing = "\n";

    /// <summary>One line; nothing for a frame of the wrapper around the code.</summary>
    public static string Describe(string function, SourceLocation location, string[]? arguments)
    {
        string? file = location.SourceFile;
        bool isInPackage = file is not null && file.StartsWith(ModuleStore.Root, StringComparison.Ordinal);
        int line = location.Start.Line - (isInPackage ? ModuleStore.LinesBefore : UserScript.LinesBefore);
        if (line < 1 && file == UserScript.FileName)
            return Nothing;
        if (line < 1 || !(isInPackage || file == UserScript.FileName))
            return string.IsNullOrWhiteSpace(function) ? Nothing : $"    at {function} (native)\n";

        string place = $"{file}:{line}:{location.Start.Column + 1}";
        return string.IsNullOrWhiteSpace(function) ? $"    at {place}\n" : $"    at {function} ({place})\n";
    }
}
