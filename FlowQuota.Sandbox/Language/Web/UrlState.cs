namespace FlowQuota.Sandbox.Language.Web;

/// <summary>The state of the URL Standard's parser: https://url.spec.whatwg.org/#url-parsing.</summary>
internal enum UrlState
{
    /// <summary>At the start.</summary>
    SchemeStart,

    /// <summary>In the scheme.</summary>
    Scheme,

    /// <summary>There is no scheme.</summary>
    NoScheme,

    /// <summary>After a special scheme that is the base's, too.</summary>
    SpecialRelativeOrAuthority,

    /// <summary>After a scheme and a slash.</summary>
    PathOrAuthority,

    /// <summary>In a relative URL.</summary>
    Relative,

    /// <summary>After a relative URL's slash.</summary>
    RelativeSlash,

    /// <summary>After a special scheme.</summary>
    SpecialAuthoritySlashes,

    /// <summary>In the slashes after a special scheme.</summary>
    SpecialAuthorityIgnoreSlashes,

    /// <summary>In credentials, or in a text that may still be the host.</summary>
    Authority,

    /// <summary>In the host; a setter of <c>host</c> starts here.</summary>
    Host,

    /// <summary>In the host; a setter of <c>hostname</c> starts here.</summary>
    Hostname,

    /// <summary>In the port.</summary>
    Port,

    /// <summary>After <c>file:</c>.</summary>
    File,

    /// <summary>After <c>file:/</c>.</summary>
    FileSlash,

    /// <summary>In the host of a <c>file:</c> URL.</summary>
    FileHost,

    /// <summary>At the start of the path.</summary>
    PathStart,

    /// <summary>In the path.</summary>
    Path,

    /// <summary>In a path that is no list.</summary>
    OpaquePath,

    /// <summary>In the query.</summary>
    Query,

    /// <summary>In the fragment.</summary>
    Fragment,
}
