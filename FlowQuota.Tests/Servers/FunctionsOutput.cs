namespace FlowQuota.Tests.Servers;

/// <summary>The built FlowQuota.Functions, as the environment names it.</summary>
internal static class FunctionsOutput
{
    private const string Variable = "FLOWQUOTA_TEST_FUNCTIONS";
    private const string SkipVariable = "FLOWQUOTA_TEST_SKIP_FUNCTIONS";

    /// <summary>The folder that <c>dotnet build</c> wrote.</summary>
    public static string Folder =>
        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } folder
            ? folder
            : throw new InvalidOperationException(
                $"This test needs the built FlowQuota.Functions: set {Variable} to its output folder, or {SkipVariable} to a reason to leave such tests out.");

    /// <summary>
    /// Why a test of the worker is not run; null when it is. Without a built worker it runs and fails, unless the absence was
    /// announced: a worker that was not built must not look like a passed test.
    /// </summary>
    public static string? SkipReason =>
        string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Variable)) && Environment.GetEnvironmentVariable(SkipVariable) is { Length: > 0 } reason
            ? reason
            : null;
}
