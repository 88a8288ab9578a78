using System.Globalization;
using System.Text;

namespace FlowQuota.Sandbox.Language.Web;

/// <summary>A URL in its parts, as the URL Standard has them: https://url.spec.whatwg.org/#concept-url.</summary>
internal sealed class UrlRecord
{
    private static readonly Dictionary<string, int?> DefaultPorts = new(StringComparer.Ordinal)
    {
        ["ftp"] = 21,
        ["file"] = null,
        ["http"] = 80,
        ["https"] = 443,
        ["ws"] = 80,
        ["wss"] = 443,
    };

    /// <summary>Without its colon.</summary>
    public string Scheme { get; set; } = string.Empty;

    /// <summary>Percent-encoded; empty = none.</summary>
    public string Username { get; set; } = string.Empty;

    /// <summary>Percent-encoded; empty = none.</summary>
    public string Password { get; set; } = string.Empty;

    /// <summary>As it is written in the URL; null = none, which is not the empty host.</summary>
    public string? Host { get; set; }

    /// <summary>Null = none, or the scheme's own.</summary>
    public int? Port { get; set; }

    /// <summary>The path's names, if it is a list.</summary>
    public List<string> Path { get; set; } = [];

    /// <summary>The path of a URL such as <c>mailto:</c>, which is no list; null = it is one.</summary>
    public string? OpaquePath { get; set; }

    /// <summary>Without its question mark; null = none.</summary>
    public string? Query { get; set; }

    /// <summary>Without its number sign; null = none.</summary>
    public string? Fragment { get; set; }

    /// <summary>Whether the scheme is one of the Web's own.</summary>
    public bool IsSpecial => IsSpecialScheme(Scheme);

    /// <summary>Whether the URL has a user name or a password.</summary>
    public bool HasCredentials => Username.Length > 0 || Password.Length > 0;

    /// <summary>Whether it can have neither credentials nor a port.</summary>
    public bool CannotHaveCredentials => string.IsNullOrEmpty(Host) || Scheme == "file";

    /// <summary>The host and its port, as <c>url.host</c> has them.</summary>
    public string HostAndPort => Port is { } port ? string.Create(CultureInfo.InvariantCulture, $"{Host}:{port}") : Host ?? string.Empty;

    /// <summary>The path as text.</summary>
    public string PathText => OpaquePath ?? string.Concat(Path.Select(static name => $"/{name}"));

    /// <summary>The value of <c>url.origin</c>.</summary>
    public string Origin => Scheme switch
    {
        "blob" when UrlParser.Parse(PathText, null) is { Scheme: "http" or "https" } inner => inner.Origin,
        "ftp" or "http" or "https" or "ws" or "wss" => $"{Scheme}://{HostAndPort}",
        _ => "null",
    };

    /// <summary>The whole URL.</summary>
    public string Href
    {
        get
        {
            var text = new StringBuilder(Scheme).Append(':');
            if (Host is not null)
            {
                text.Append("//");
                if (HasCredentials)
                    text.Append(Username).Append(Password.Length > 0 ? $":{Password}" : string.Empty).Append('@');
                text.Append(HostAndPort);
            }
            else if (OpaquePath is null && Path.Count > 1 && Path[0].Length == 0)
            {
                text.Append("/.");
            }

            text.Append(PathText);
            if (Query is not null)
                text.Append('?').Append(Query);
            if (Fragment is not null)
                text.Append('#').Append(Fragment);
            return text.ToString();
        }
    }

    /// <summary>Whether a scheme is one of the Web's own.</summary>
    public static bool IsSpecialScheme(string scheme) => DefaultPorts.ContainsKey(scheme);

    /// <summary>The default port of a scheme; null = none.</summary>
    public static int? DefaultPortOf(string scheme) => DefaultPorts.GetValueOrDefault(scheme);

    /// <summary>A copy with a path of its own.</summary>
    public UrlRecord Clone()
    {
        var clone = (UrlRecord)MemberwiseClone();
        clone.Path = [.. Path];
        return clone;
    }

    /// <summary>Takes over all parts of another.</summary>
    public void Become(UrlRecord other)
    {
        (Scheme, Username, Password, Host, Port) = (other.Scheme, other.Username, other.Password, other.Host, other.Port);
        (Path, OpaquePath, Query, Fragment) = (other.Path, other.OpaquePath, other.Query, other.Fragment);
    }

    /// <summary>Removes the last name of the path, but not a drive of a <c>file:</c> URL.</summary>
    public void ShortenPath()
    {
        if (Scheme == "file" && Path is [var only] && UrlParser.IsNormalizedDrive(only))
            return;
        if (Path.Count > 0)
            Path.RemoveAt(Path.Count - 1);
    }
}
