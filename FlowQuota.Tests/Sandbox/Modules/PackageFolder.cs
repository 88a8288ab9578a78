namespace FlowQuota.Tests.Sandbox.Modules;

/// <summary>A folder of packages that a test writes itself, and a file beside it that nothing may read.</summary>
internal sealed class PackageFolder : IDisposable
{
    private readonly string _top = Directory.CreateTempSubdirectory("flowquota-modules-").FullName;

    public PackageFolder()
    {
        Directory.CreateDirectory(Modules);
        File.WriteAllText(Path.Combine(_top, "secret.js"), "module.exports = 'secret'");
        File.WriteAllText(Path.Combine(Folder, "secret.js"), "module.exports = 'secret'");
        File.WriteAllText(Path.Combine(Modules, ".package-lock.json"), "\"secret\"");
    }

    /// <summary>The folder for <c>EXECUTE_MODULES</c>.</summary>
    public string Folder => Path.Combine(_top, "code");

    private string Modules => Path.Combine(Folder, "node_modules");

    /// <summary>Writes a file.</summary>
    /// <param name="path">Relative to <c>node_modules</c>.</param>
    /// <param name="text">Its text.</param>
    public PackageFolder With(string path, string text)
    {
        string file = Path.Combine(Modules, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
        return this;
    }

    /// <summary>Makes a symbolic link.</summary>
    /// <param name="path">Relative to <c>node_modules</c>.</param>
    /// <param name="target">Its target.</param>
    public PackageFolder WithLink(string path, string target)
    {
        string file = Path.Combine(Modules, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.CreateSymbolicLink(file, target);
        return this;
    }

    public void Dispose() => Directory.Delete(_top, recursive: true);
}
