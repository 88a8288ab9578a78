namespace FlowQuota.Tests.Servers;

/// <summary>The packages from npm that the environment names.</summary>
internal static class InstalledPackages
{
    private const string Variable = "FLOWQUOTA_TEST_MODULES";
    private const string SkipVariable = "FLOWQUOTA_TEST_SKIP_MODULES";

    /// <summary>The folder in which <c>npm install</c> ran.</summary>
    public static string Folder =>
        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } folder
            ? folder
            : throw new InvalidOperationException(
                $"This test needs packages from npm: set {Variable} to their folder, or {SkipVariable} to a reason to leave such tests out.");

    /// <summary>Why tests of packages are not run; null when they are. Without packages they run and fail, unless the absence was announced.</summary>
    public static string? SkipReason =>
        string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Variable)) && Environment.GetEnvironmentVariable(SkipVariable) is { Length: > 0 } reason
            ? reason
            : null;
}
