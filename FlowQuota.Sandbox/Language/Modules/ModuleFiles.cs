using System.Text.Json;

namespace FlowQuota.Sandbox.Language.Modules;

/// <summary>
/// The files below one <c>node_modules</c>, and none outside it: a symbolic link that leads out of the folder is treated as
/// missing. Not thread-safe.
/// </summary>
internal sealed class ModuleFiles
{
    private const int MaxLinks = 40;
    private const int MaxBytes = 8 * 1024 * 1024;

    private readonly string _manifest;
    private readonly string _root;
    private readonly Dictionary<string, string> _folders = new(StringComparer.Ordinal);

    /// <param name="folder">The folder in which <c>npm install</c> ran.</param>
    public ModuleFiles(string folder)
    {
        _manifest = Path.Combine(Path.GetFullPath(folder), "package.json");
        string modules = Path.Combine(Path.GetFullPath(folder), "node_modules");
        _root = new DirectoryInfo(modules).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? modules;
        _folders.Add(string.Empty, _root);
    }

    /// <summary>Whether the file exists; see <see cref="ModulePath"/> for the path.</summary>
    public bool HasFile(string path) => RealPath(path) is { } real && File.Exists(real);

    /// <summary>Whether the folder exists.</summary>
    public bool HasFolder(string path) => RealFolder(path) is not null;

    /// <summary>A file's text.</summary>
    /// <exception cref="ModuleRefusal">The file cannot be read.</exception>
    public string Read(string path)
    {
        try
        {
            string real = RealPath(path) ?? throw new ModuleRefusal(ModuleRefusal.NotFound, $"Cannot find module '{path}'");
            if (new FileInfo(real).Length > MaxBytes)
                throw new ModuleRefusal(ModuleRefusal.Unusable, $"{path} is larger than {MaxBytes} bytes");
            return File.ReadAllText(real);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new ModuleRefusal(ModuleRefusal.Unusable, $"{path} cannot be read ({refused.GetType().Name})");
        }
    }

    /// <summary>The names of the packages that the operator installed; all at the top level if the folder does not list them.</summary>
    public IReadOnlyList<string> Packages()
    {
        try
        {
            using var manifest = JsonDocument.Parse(File.ReadAllText(_manifest));
            if (manifest.RootElement.TryGetProperty("dependencies", out var dependencies))
                return [.. dependencies.EnumerateObject().Select(static entry => entry.Name).Where(HasFolder)];
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException)
        {
            // npm writes the file, but the packages can be there without it.
        }

        return AtTheTop();
    }

    private IReadOnlyList<string> AtTheTop()
    {
        try
        {
            return
            [
                .. Directory.EnumerateDirectories(_root)
                    .Select(static folder => Path.GetFileName(folder))
                    .Where(static name => !name.StartsWith('.'))
                    .SelectMany(name => name.StartsWith('@')
                        ? Directory.EnumerateDirectories(Path.Combine(_root, name)).Select(folder => $"{name}/{Path.GetFileName(folder)}")
                        : [name])
                    .Order(StringComparer.Ordinal),
            ];
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private string? RealPath(string path) =>
        RealFolder(ModulePath.FolderOf(path)) is { } folder ? Real(Path.Combine(folder, path[(path.LastIndexOf('/') + 1)..]), MaxLinks) : null;

    private string? RealFolder(string path)
    {
        if (_folders.TryGetValue(path, out string? known))
            return known;
        if (RealPath(path) is not { } real || !Directory.Exists(real))
            return null;
        _folders[path] = real;
        return real;
    }

    // The real path of a name in a real folder; null if it does not exist, or is not below the root.
    private string? Real(string path, int links)
    {
        var place = new FileInfo(path);
        if (place.LinkTarget is null)
            return place.Exists || Directory.Exists(path) ? path : null;
        if (links == 0 || place.ResolveLinkTarget(returnFinalTarget: false) is not { } target)
            return null;
        return Follow(target.FullName, links - 1);
    }

    // Each folder of the path may itself be a link.
    private string? Follow(string target, int links)
    {
        if (!target.StartsWith(_root + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            return null;
        string real = _root;
        foreach (string name in target[(_root.Length + 1)..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            if (Real(Path.Combine(real, name), links) is not { } next)
                return null;
            real = next;
        }

        return real;
    }
}
