using System.Text.Json;

namespace FlowQuota.Sandbox.Language.Modules;

/// <summary>
/// Resolves the argument of <c>require</c> to a file, by Node.js's rules for CommonJS, within one <c>node_modules</c>. Not
/// thread-safe.
/// </summary>
/// <param name="files">The files.</param>
internal sealed class ModuleResolver(ModuleFiles files)
{
    // Most names that a hint lists before it ends in an ellipsis.
    private const int MaxNamed = 20;
    private const int MaxRemembered = 20_000;

    private static readonly string[] Extensions = ["", ".js", ".json", ".cjs"];
    private static readonly string[] Loadable = [".js", ".cjs", ".json"];

    private readonly Dictionary<string, PackageManifest?> _manifests = new(StringComparer.Ordinal);
    private readonly Dictionary<(string?, string), string?> _found = [];
    private string? _hint;

    /// <summary>Finds a file.</summary>
    /// <param name="specifier">The argument: a package, a path in a package, or a path relative to the requiring file.</param>
    /// <param name="from">The requiring file; null = the caller's own code, which may require packages only.</param>
    /// <returns>Its <see cref="ModulePath"/>; null if the package wants an empty module here.</returns>
    /// <exception cref="ModuleRefusal">The file does not exist or cannot be required.</exception>
    public string? Find(string specifier, string? from)
    {
        if (_found.TryGetValue((from, specifier), out string? known))
            return known;
        string? path = Search(specifier, from);
        if (path is not null && IsEsModule(path))
        {
            throw new ModuleRefusal(
                ModuleRefusal.IsEsModule, $"require() of ES Module {specifier} is not supported; install a version of the package that has CommonJS files");
        }

        if (path is not null && !IsLoadable(path))
            throw NotFound(specifier);
        if (_found.Count >= MaxRemembered)
            _found.Clear();
        _found.Add((from, specifier), path);
        return path;
    }

    private string? Search(string specifier, string? from)
    {
        if (IsRelative(specifier))
        {
            return from is not null && ModulePath.Combine(ModulePath.FolderOf(from), specifier) is { } place && FileOrFolder(place) is { } file
                ? Replaced(file)
                : throw NotFound(specifier);
        }

        if (ModulePath.Split(specifier) is not var (name, subpath))
            throw NotFound(specifier);
        if (from is not null && Manifest(ModulePath.PackageOf(from)) is { } asking && asking.IsReplaced(specifier, out string? replacement))
        {
            if (replacement is null)
                return null;
            if (IsRelative(replacement))
                return ModulePath.Combine(ModulePath.PackageOf(from), replacement) is { } place && FileOrFolder(place) is { } file ? file : throw NotFound(specifier);
            (name, subpath) = ModulePath.Split(replacement) ?? throw NotFound(specifier);
        }

        foreach (string package in Candidates(name, from))
        {
            if (files.HasFolder(package))
                return InPackage(package, subpath, specifier) is { } file ? Replaced(file) : throw NotFound(specifier);
        }

        throw NotFound(specifier);
    }

    private static bool IsRelative(string specifier) =>
        specifier is "." or ".." || specifier.StartsWith("./", StringComparison.Ordinal) || specifier.StartsWith("../", StringComparison.Ordinal);

    // The package's place in each node_modules from the requiring file upwards.
    private static IEnumerable<string> Candidates(string name, string? from)
    {
        for (string folder = from is null ? string.Empty : ModulePath.FolderOf(from); folder.Length > 0; folder = ModulePath.FolderOf(folder))
        {
            if (folder != "node_modules" && !folder.EndsWith("/node_modules", StringComparison.Ordinal))
                yield return $"{folder}/node_modules/{name}";
        }

        yield return name;
    }

    private string? InPackage(string package, string subpath, string specifier)
    {
        if (Manifest(package) is { HasExports: true } manifest)
            return Exported(package, manifest, subpath, specifier);
        return subpath == "." ? Folder(package) : ModulePath.Combine(package, subpath) is { } place ? FileOrFolder(place) : null;
    }

    // An ECMAScript module is the result only if there is nothing else.
    private string? Exported(string package, PackageManifest manifest, string subpath, string specifier)
    {
        string? found = null;
        bool isExported = false;
        foreach (var conditions in PackageManifest.Conditions)
        {
            if (manifest.Export(subpath, conditions) is not { } target)
                continue;
            isExported = true;
            if (ModulePath.Combine(package, target) is not { } file || !file.StartsWith($"{package}/", StringComparison.Ordinal) || !files.HasFile(file))
                continue;
            if (IsLoadable(file) && !IsEsModule(file))
                return file;
            found ??= file;
        }

        if (!isExported)
        {
            throw new ModuleRefusal(
                ModuleRefusal.NotExported, $"Cannot find module '{specifier}': the package {package} exports no such path to require");
        }

        return found;
    }

    private string? FileOrFolder(string place) => File(place) ?? (files.HasFolder(place) ? Folder(place) : null);

    private string? File(string place) => Extensions.Select(extension => place + extension).FirstOrDefault(IsFile);

    private string? Folder(string folder)
    {
        if (Manifest(folder)?.Main is { } main && ModulePath.Combine(folder, main) is { } place
            && (File(place) ?? File($"{place}/index")) is { } file)
        {
            return file;
        }

        return File($"{folder}/index");
    }

    private bool IsFile(string path) => IsLoadable(path) && files.HasFile(path);

    private static bool IsLoadable(string path) => Loadable.Any(extension => path.EndsWith(extension, StringComparison.Ordinal));

    // The replacement that the file's package names for a browser.
    private string? Replaced(string file)
    {
        string package = ModulePath.PackageOf(file);
        if (file.Length == package.Length || Manifest(package) is not { } manifest)
            return file;
        string name = $".{file[package.Length..]}";
        if (!manifest.IsReplaced(name, out string? replacement) && !manifest.IsReplaced(Path.ChangeExtension(name, null), out replacement))
            return file;
        return replacement is null ? null : ModulePath.Combine(package, replacement) is { } place ? FileOrFolder(place) ?? file : file;
    }

    private bool IsEsModule(string path)
    {
        if (!path.EndsWith(".js", StringComparison.Ordinal))
            return path.EndsWith(".mjs", StringComparison.Ordinal);
        string package = ModulePath.PackageOf(path);
        for (string folder = ModulePath.FolderOf(path); folder.Length >= package.Length; folder = ModulePath.FolderOf(folder))
        {
            if (Manifest(folder) is { } manifest)
                return manifest.IsEsModule;
        }

        return false;
    }

    private PackageManifest? Manifest(string folder)
    {
        if (_manifests.TryGetValue(folder, out var known))
            return known;
        string path = $"{folder}/package.json";
        try
        {
            return _manifests[folder] = files.HasFile(path) ? new PackageManifest(files.Read(path)) : null;
        }
        catch (JsonException damaged)
        {
            throw new ModuleRefusal(ModuleRefusal.Unusable, $"{path} is no valid JSON (line {damaged.LineNumber + 1})");
        }
    }

    private ModuleRefusal NotFound(string specifier) =>
        new(ModuleRefusal.NotFound, $"Cannot find module '{specifier}' ({_hint ??= Hint()})");

    private string Hint()
    {
        var names = files.Packages();
        if (names.Count == 0)
            return "no package is installed";
        string listed = string.Join(", ", names.Take(MaxNamed));
        return names.Count > MaxNamed ? $"installed are {listed}, …" : $"installed are {listed}";
    }
}
