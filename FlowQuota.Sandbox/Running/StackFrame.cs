using Acornima;

namespace FlowQuota.Sandbox.Running;

/// <summary>Writes the lines of <c>error.stack</c> with the places of the caller's own text.</summary>
internal static class StackFrame
{
    // What Jint trims at a stack's end; an empty line would make it write its own.
    private const string Nothing = "\n";

    /// <summary>One line; nothing for a frame of the wrapper around the code.</summary>
    public static string Describe(string function, SourceLocation location, string[]? arguments)
    {
        var line = location.Start.Line - UserScript.LinesBefore;
        if (line < 1)
            return Nothing;

        var place = $"{UserScript.FileName}:{line}:{location.Start.Column + 1}";
        return string.IsNullOrWhiteSpace(function) ? $"    at {place}\n" : $"    at {function} ({place})\n";
    }
}
