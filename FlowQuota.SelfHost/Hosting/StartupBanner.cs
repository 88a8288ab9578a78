using FlowQuota.Settings;

namespace FlowQuota.SelfHost.Hosting;

/// <summary>The first lines on the console, for a new user.</summary>
internal static class StartupBanner
{
    /// <param name="url">The URL of the service.</param>
    /// <param name="settings">The settings.</param>
    /// <param name="embedded">The embedded replacements of servers that are not set; empty = none.</param>
    /// <param name="dataFolder">The folder of the state.</param>
    /// <param name="showAdminToken">True if we generated the admin token; a token from the settings is not printed.</param>
    public static void Write(string url, FlowQuotaSettings settings, string embedded, string dataFolder, bool showAdminToken)
    {
        string admin = showAdminToken ? settings.AdminTokens[0] : "$ADMIN_TOKEN";
        Console.WriteLine($"""

            FlowQuota listens on {url}
            {(embedded.Length > 0 ? $"Embedded: {embedded}; state in {dataFolder}" : $"State in {dataFolder}")}
            Admin token: {(showAdminToken ? admin : "as set in ADMIN_TOKEN")}
            {(settings.IsConsoleEnabled ? $"Console: {url}/console (sign in with the admin token)" : "Console: off (CONSOLE_ENABLED)")}

            Create a token with 10 calls:
              curl -s {url}/flow/tokens -H "Authorization: Bearer {admin}" -H "Content-Type: application/json" -d '{"{"}"ws_id":"demo","email":"demo@example.com","operation":"unlimited","quota_type":"count","total_quota":10{"}"}'
            Run code with it (put its access_token in the place of TOKEN):
              curl -s {url}/flow/execute -H "Authorization: Bearer TOKEN" -H "Content-Type: application/json" -d '{"{"}"code_base64":"Y29uc29sZS5sb2coIkhlbGxvIik="{"}"}'
            See what is left:
              curl -s {url}/flow/quota -H "Authorization: Bearer TOKEN"

            """);
    }
}
