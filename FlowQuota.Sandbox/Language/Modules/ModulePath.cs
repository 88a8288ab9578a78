namespace FlowQuota.Sandbox.Language.Modules;

/// <summary>
/// Paths of files below <c>node_modules</c>, as text with <c>/</c> between names and none at either end. Such a text
/// cannot name a file outside.
/// </summary>
internal static class ModulePath
{
    private const string Nested = "/node_modules/";

    /// <summary>The folder of a file; empty for <c>node_modules</c> itself.</summary>
    public static string FolderOf(string path) => path.LastIndexOf('/') is var slash and > 0 ? path[..slash] : string.Empty;

    /// <summary>A relative path seen from a folder; null if it leads out of <c>node_modules</c> or is malformed.</summary>
    public static string? Combine(string folder, string relative)
    {
        if (relative.AsSpan().ContainsAny('\\', '\0', ':'))
            return null;
        List<string> names = folder.Length == 0 ? [] : [.. folder.Split('/')];
        foreach (string name in relative.Split('/'))
        {
            if (name is "" or ".")
                continue;
            if (name != "..")
                names.Add(name);
            else if (names.Count > 0)
                names.RemoveAt(names.Count - 1);
            else
                return null;
        }

        return names.Count == 0 ? null : string.Join('/', names);
    }

    /// <summary>The folder of the package that a file belongs to.</summary>
    public static string PackageOf(string path)
    {
        int start = path.LastIndexOf(Nested, StringComparison.Ordinal) is var nested and >= 0 ? nested + Nested.Length : 0;
        int end = path.IndexOf('/', start);
        if (end > 0 && path[start] == '@')
            end = path.IndexOf('/', end + 1);
        return end < 0 ? path : path[..end];
    }

    /// <summary>Splits <c>name/sub/path</c> or <c>@scope/name/sub/path</c>; the path starts with a dot. Null if it is no package's name.</summary>
    public static (string Name, string Subpath)? Split(string specifier)
    {
        int end = specifier.IndexOf('/', StringComparison.Ordinal);
        if (end > 0 && specifier[0] == '@')
            end = specifier.IndexOf('/', end + 1);
        string name = end < 0 ? specifier : specifier[..end];
        string[] names = name.Split('/');
        bool isName = name.StartsWith('@')
            ? names.Length == 2 && IsName(names[0].AsSpan(1)) && IsName(names[1])
            : names.Length == 1 && IsName(name);
        if (!isName || specifier.AsSpan().ContainsAny('\\', '\0', ':'))
            return null;
        return (name, end < 0 ? "." : $".{specifier[end..]}");
    }

    private static bool IsName(ReadOnlySpan<char> name)
    {
        foreach (char character in name)
        {
            if (!char.IsAsciiLetterOrDigit(character) && character is not ('-' or '_' or '.' or '~'))
                return false;
        }

        return name.Length > 0 && name[0] is not ('.' or '_' or '-');
    }
}
