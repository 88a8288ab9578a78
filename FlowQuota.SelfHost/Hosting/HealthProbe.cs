namespace FlowQuota.SelfHost.Hosting;

/// <summary>Checks the liveness of a running self-host. The container image has no other program for that.</summary>
internal static class HealthProbe
{
    /// <summary>The command-line argument that selects it; the URL follows.</summary>
    public const string Argument = "--check-health";

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    /// <returns>The exit code: 0 = it answered 200.</returns>
    public static async Task<int> RunAsync(string url)
    {
        using var client = new HttpClient { Timeout = Timeout };
        try
        {
            using var response = await client.GetAsync(new Uri(url));
            if (response.IsSuccessStatusCode)
                return 0;
            await Console.Error.WriteLineAsync($"{url} answered {(int)response.StatusCode}.");
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException or UriFormatException)
        {
            await Console.Error.WriteLineAsync($"{url}: {e.Message}");
        }

        return 1;
    }
}
