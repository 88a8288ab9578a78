namespace FlowQuota.Sandbox.Language.Modules;

/// <summary>A package's file cannot be loaded; the code sees it as an <c>Error</c>.</summary>
/// <param name="code">The error's <c>code</c>, as Node.js names it.</param>
/// <param name="message">The error's message.</param>
internal sealed class ModuleRefusal(string code, string message) : Exception(message)
{
    /// <summary>The module does not exist.</summary>
    public const string NotFound = "MODULE_NOT_FOUND";

    /// <summary>The package does not export this path.</summary>
    public const string NotExported = "ERR_PACKAGE_PATH_NOT_EXPORTED";

    /// <summary>The file is an ECMAScript module, which <c>require</c> cannot load.</summary>
    public const string IsEsModule = "ERR_REQUIRE_ESM";

    /// <summary>The file cannot be used at all.</summary>
    public const string Unusable = "ERR_INVALID_MODULE";

    /// <summary>The error's <c>code</c>.</summary>
    public string Code { get; } = code;
}
