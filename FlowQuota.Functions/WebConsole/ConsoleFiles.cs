using System.Reflection;
using System.Text.Json;
using FlowQuota.Functions.Http;
using FlowQuota.Settings;

namespace FlowQuota.Functions.WebConsole;

/// <summary>The files of the console, read once from the assembly, and from the package of Redoc. A path is looked up among their names and never opened.</summary>
public sealed class ConsoleFiles
{
    /// <summary>The prefix of the files' names in the assembly.</summary>
    public const string ResourcePrefix = "console/";

    /// <summary>The file that holds the server's settings for the pages: the time zone of the API.</summary>
    public const string ServerFile = "server.json";

    /// <summary>The script of the library that draws the reference.</summary>
    public const string RedocFile = "redoc.js";

    /// <summary>The path of the reference of the API.</summary>
    public const string Reference = "api";

    private const string StartPage = "index.html";
    private const string ReferencePage = "api.html";

    private readonly Dictionary<string, ConsoleFile> _files = new(StringComparer.Ordinal);

    // Unpacked when the reference is opened, because a start should not wait for it.
    private readonly Lazy<ConsoleFile> _redoc = new(() => File(RedocFile, RedocScript.Read()));

    /// <param name="settings">The time zone of the API.</param>
    public ConsoleFiles(FlowQuotaSettings settings)
    {
        foreach (string name in Assembly.GetExecutingAssembly().GetManifestResourceNames())
        {
            // MSBuild writes the path separators of the system that built the assembly.
            string path = name.Replace('\\', '/');
            if (path.StartsWith(ResourcePrefix, StringComparison.Ordinal))
                Add(path[ResourcePrefix.Length..], EmbeddedFile.Read(name));
        }

        _files[""] = _files[StartPage];
        _files[Reference] = _files[ReferencePage];
        Add(ServerFile, JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string> { ["time_zone"] = settings.TimeZone.Id }));
    }

    /// <summary>The file at a path relative to <c>/console/</c>; null if there is none. The empty path is the start page.</summary>
    internal ConsoleFile? Find(string path) => path == RedocFile ? _redoc.Value : _files.GetValueOrDefault(path);

    private void Add(string path, byte[] content) => _files.Add(path, File(path, content));

    private static ConsoleFile File(string path, byte[] content) =>
        new(content, ContentType(path), EmbeddedFile.TagOf(content), path == ReferencePage ? ContentPolicies.Reference : ContentPolicies.Console);

    private static string ContentType(string path) => Path.GetExtension(path) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".json" => "application/json; charset=utf-8",
        ".svg" => "image/svg+xml; charset=utf-8",
        var other => throw new InvalidOperationException($"The console has no media type for {other} ({path})."),
    };
}
