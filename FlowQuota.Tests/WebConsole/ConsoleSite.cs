using System.Text.RegularExpressions;
using FlowQuota.Tests.Servers;

namespace FlowQuota.Tests.WebConsole;

/// <summary>The console's files in the repository.</summary>
internal static partial class ConsoleSite
{
    private static readonly string Folder = Repository.PathOf("FlowQuota.Functions/WebConsole/Files");

    /// <summary>Every file's path, relative to <c>/console/</c>.</summary>
    public static IReadOnlyList<string> Paths { get; } =
        [.. Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(Folder, file).Replace('\\', '/')).Order(StringComparer.Ordinal)];

    /// <summary>The scripts alone.</summary>
    public static IEnumerable<string> Scripts => Paths.Where(path => path.EndsWith(".js", StringComparison.Ordinal));

    public static string Read(string path) => File.ReadAllText(Path.Combine(Folder, path));

    /// <summary>The files that a file names: imports, styles, scripts and images.</summary>
    public static IEnumerable<string> NamedBy(string path)
    {
        string text = Read(path);
        var site = new Uri("http://site/");
        var names = path.EndsWith(".js", StringComparison.Ordinal)
            ? Imported().Matches(text).Select(match => match.Groups[1].Value)
            : Attribute().Matches(text).Select(match => match.Groups[1].Value).Where(name => !name.StartsWith('#'));
        return names.Select(name => new Uri(new Uri(site, path), name)).Select(uri => site.MakeRelativeUri(uri).ToString());
    }

    [GeneratedRegex(@"from '(\.{1,2}/[^']+)'")]
    private static partial Regex Imported();

    [GeneratedRegex("(?:href|src)=\"([^\"]+)\"")]
    private static partial Regex Attribute();
}
