using FlowQuota.Settings;

namespace FlowQuota.SelfHost.Hosting;

/// <summary>What a newcomer needs, on the console.</summary>
internal static class Welcome
{
    /// <param name="url">Where the service listens.</param>
    /// <param name="settings">The settings.</param>
    /// <param name="embedded">What stands in for a server that was not set; empty = nothing.</param>
    /// <param name="dataFolder">Where the state is.</param>
    /// <param name="showAdminToken">True where the admin token is one that we made; one that was set is its owner's to show.</param>
    public static void Write(string url, FlowQuotaSettings settings, string embedded, string dataFolder, bool showAdminToken)
    {
        string admin = showAdminToken ? settings.AdminTokens[0] : "$ADMIN_TOKEN";
        Console.WriteLine($"""

            FlowQuota listens on {url}
            {(embedded.Length > 0 ? $"Embedded: {embedded}; state in {dataFolder}" : $"State in {dataFolder}")}
            Admin token: {(showAdminToken ? admin : "as set in ADMIN_TOKEN")}

            Create a token with 10 calls:
              curl -s {url}/flow/tokens -H "Authorization: Bearer {admin}" -H "Content-Type: application/json" -d '{"{"}"ws_id":"demo","email":"demo@example.com","operation":"unlimited","quota_type":"count","total_quota":10{"}"}'
            Run code with it (put its access_token in the place of TOKEN):
              curl -s {url}/flow/execute -H "Authorization: Bearer TOKEN" -H "Content-Type: application/json" -d '{"{"}"code_base64":"Y29uc29sZS5sb2coIkhlbGxvIik="{"}"}'
            See what is left:
              curl -s {url}/flow/quota -H "Authorization: Bearer TOKEN"

            """);
    }
}
