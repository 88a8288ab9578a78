using System.Text.Json;

namespace FlowQuota.Sandbox.Language.Modules;

/// <summary>The entries of a <c>package.json</c> that locate its files.</summary>
internal sealed class PackageManifest
{
    /// <summary>
    /// The conditions of exports that hold, best first. A package's files for browsers need none of Node's own modules, but
    /// they may exist as ECMAScript modules only.
    /// </summary>
    public static readonly IReadOnlyList<IReadOnlyList<string>> Conditions =
        [["require", "browser", "default"], ["require", "default"], ["require", "node", "default"]];

    private const int MaxNesting = 16;

    private readonly Dictionary<string, string?> _browser = new(StringComparer.Ordinal);
    private readonly JsonElement? _exports;

    /// <param name="json">The file's text.</param>
    /// <exception cref="JsonException">The text is not JSON.</exception>
    public PackageManifest(string json)
    {
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowTrailingCommas = true });
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object)
            return;
        Main = Text(root, "main");
        IsEsModule = Text(root, "type") == "module";
        if (root.TryGetProperty("exports", out var exports) && exports.ValueKind != JsonValueKind.Null)
            _exports = exports.Clone();
        if (root.TryGetProperty("browser", out var browser) && browser.ValueKind == JsonValueKind.Object)
        {
            foreach (var entry in browser.EnumerateObject())
                _browser[entry.Name] = entry.Value.ValueKind == JsonValueKind.String ? entry.Value.GetString() : null;
        }
    }

    /// <summary>The file that the package's name stands for, if <see cref="HasExports"/> is false; null = <c>index.js</c>.</summary>
    public string? Main { get; }

    /// <summary>Whether <c>.js</c> files are ECMAScript modules.</summary>
    public bool IsEsModule { get; }

    /// <summary>Whether the package lists all paths that may be required.</summary>
    public bool HasExports => _exports is not null;

    /// <summary>The replacement that the package names for a file (<c>./lib/x.js</c>) or another package in a browser.</summary>
    /// <param name="name">The file or package.</param>
    /// <param name="replacement">The file or package instead of it; null = an empty module.</param>
    /// <returns>False if there is no replacement.</returns>
    public bool IsReplaced(string name, out string? replacement) => _browser.TryGetValue(name, out replacement);

    /// <summary>The file for a path of the package's exports, both of which start with a dot; null if there is none.</summary>
    /// <param name="subpath">The path.</param>
    /// <param name="conditions">One of <see cref="Conditions"/>.</param>
    public string? Export(string subpath, IReadOnlyList<string> conditions)
    {
        var exports = _exports!.Value;
        bool hasPaths = exports.ValueKind == JsonValueKind.Object && exports.EnumerateObject().Any(static entry => entry.Name.StartsWith('.'));
        if (!hasPaths)
            return subpath == "." ? Target(exports, null, conditions, 0) : null;
        if (exports.TryGetProperty(subpath, out var exact) && !subpath.Contains('*', StringComparison.Ordinal))
            return Target(exact, null, conditions, 0);
        return Pattern(exports, subpath, conditions);
    }

    // The pattern with the longest text before its star wins.
    private static string? Pattern(JsonElement exports, string subpath, IReadOnlyList<string> conditions)
    {
        string best = string.Empty;
        foreach (var entry in exports.EnumerateObject())
        {
            if (entry.Name.Split('*') is [var before, var after]
                && subpath.Length >= entry.Name.Length
                && subpath.StartsWith(before, StringComparison.Ordinal)
                && subpath.EndsWith(after, StringComparison.Ordinal)
                && before.Length + 1 > best.IndexOf('*', StringComparison.Ordinal) + 1)
            {
                best = entry.Name;
            }
        }

        if (best.Length == 0)
            return null;
        int prefix = best.IndexOf('*', StringComparison.Ordinal);
        return Target(exports.GetProperty(best), subpath[prefix..^(best.Length - prefix - 1)], conditions, 0);
    }

    private static string? Target(JsonElement target, string? star, IReadOnlyList<string> conditions, int depth)
    {
        if (depth > MaxNesting)
            return null;
        switch (target.ValueKind)
        {
            case JsonValueKind.String:
                string path = target.GetString()!;
                if (!path.StartsWith("./", StringComparison.Ordinal))
                    return null;
                return star is null ? path : path.Replace("*", star, StringComparison.Ordinal);
            case JsonValueKind.Array:
                return target.EnumerateArray().Select(item => Target(item, star, conditions, depth + 1)).FirstOrDefault(static path => path is not null);
            case JsonValueKind.Object:
                return target.EnumerateObject()
                    .Where(entry => conditions.Contains(entry.Name))
                    .Select(entry => Target(entry.Value, star, conditions, depth + 1))
                    .FirstOrDefault(static path => path is not null);
            default:
                return null;
        }
    }

    private static string? Text(JsonElement manifest, string name) =>
        manifest.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
