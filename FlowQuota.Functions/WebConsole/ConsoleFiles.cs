using System.Reflection;
using System.Security.Cryptography;
using System.Text.Json;
using FlowQuota.Settings;
using Microsoft.Net.Http.Headers;

namespace FlowQuota.Functions.WebConsole;

/// <summary>The files of the console, read once from the assembly and from the package of Redoc. A path is looked up among their names and never opened.</summary>
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

    /// <param name="settings">The time zone of the API.</param>
    public ConsoleFiles(FlowQuotaSettings settings)
    {
        var assembly = Assembly.GetExecutingAssembly();
        foreach (string name in assembly.GetManifestResourceNames())
        {
            // MSBuild writes the path separators of the system that built the assembly.
            string path = name.Replace('\\', '/');
            if (path.StartsWith(ResourcePrefix, StringComparison.Ordinal))
                Add(path[ResourcePrefix.Length..], Read(assembly, name));
        }

        _files[""] = _files[StartPage];
        _files[Reference] = _files[ReferencePage];
        Add(RedocFile, RedocScript.Read());
        Add(ServerFile, JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string> { ["time_zone"] = settings.TimeZone.Id }));
    }

    /// <summary>The file at a path relative to <c>/console/</c>; null if there is none. The empty path is the start page.</summary>
    internal ConsoleFile? Find(string path) => _files.GetValueOrDefault(path);

    private void Add(string path, byte[] content) => _files.Add(path, new ConsoleFile(
        content,
        ContentType(path),
        new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(content).AsSpan(0, 16))}\""),
        path == ReferencePage ? ContentPolicies.Reference : ContentPolicies.Console));

    private static string ContentType(string path) => Path.GetExtension(path) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".json" => "application/json; charset=utf-8",
        ".svg" => "image/svg+xml; charset=utf-8",
        var other => throw new InvalidOperationException($"The console has no media type for {other} ({path})."),
    };

    private static byte[] Read(Assembly assembly, string name)
    {
        using var resource = assembly.GetManifestResourceStream(name)!;
        byte[] content = new byte[resource.Length];
        resource.ReadExactly(content);
        return content;
    }
}
