using System.Security.Cryptography;
using FlowQuota.Errors;
using Microsoft.Extensions.Configuration;

namespace FlowQuota.SelfHost.Embedded;

/// <summary>The folder of the self-host's state; only its owner can read it, and one process uses it at a time.</summary>
internal sealed class DataFolder : IDisposable
{
    private const string Setting = "FLOWQUOTA_DATA_DIR";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode OwnerOnlyFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly FileStream _lock;

    private DataFolder(string path, FileStream fileLock)
    {
        (Path, _lock) = (path, fileLock);
    }

    public string Path { get; }

    /// <summary>The database file of the embedded SQLite.</summary>
    public string DatabaseFile => System.IO.Path.Combine(Path, "flowquota.db");

    /// <summary>The folder of the embedded Garnet.</summary>
    public string RedisFolder => System.IO.Path.Combine(Path, "redis");

    /// <summary>Creates the folder if it does not exist, and locks it for this process.</summary>
    /// <exception cref="SettingException">The folder cannot be used, or another process uses it.</exception>
    public static DataFolder Open(IConfiguration configuration)
    {
        string path = System.IO.Path.GetFullPath(configuration[Setting] is { Length: > 0 } set ? set : ".flowquota");
        try
        {
            CreatePrivateFolder(path);
            return new DataFolder(path, OpenPrivateFile(System.IO.Path.Combine(path, "lock"), FileMode.OpenOrCreate));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingException(Setting, $"\"{path}\"", "a folder that this user may write to and that no other FlowQuota uses");
        }
    }

    /// <summary>A secret of 256 random bits, created in the first run and kept here.</summary>
    /// <param name="name">The setting that it replaces.</param>
    public string KeepSecret(string name)
    {
        string file = System.IO.Path.Combine(Path, name);
        if (!File.Exists(file))
        {
            using var stream = OpenPrivateFile(file, FileMode.CreateNew);
            using var writer = new StreamWriter(stream);
            writer.WriteLine(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)));
        }

        return File.ReadAllText(file).Trim();
    }

    /// <summary>Writes a note for the operator that only the owner can read.</summary>
    public void WriteNote(string name, string text)
    {
        using var stream = OpenPrivateFile(System.IO.Path.Combine(Path, name), FileMode.Create);
        using var writer = new StreamWriter(stream);
        writer.WriteLine(text);
    }

    public void Dispose() => _lock.Dispose();

    private static void CreatePrivateFolder(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
            return;
        }

        Directory.CreateDirectory(path, OwnerOnly);
        File.SetUnixFileMode(path, OwnerOnly);
    }

    private static FileStream OpenPrivateFile(string file, FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerOnlyFile;
        return new FileStream(file, options);
    }
}
