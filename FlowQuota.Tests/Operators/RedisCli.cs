using System.Diagnostics;
using FlowQuota.Tests.Servers;

namespace FlowQuota.Tests.Operators;

/// <summary>The operators' own tool, installed with the server.</summary>
internal static class RedisCli
{
    /// <summary>Runs a command, split as a shell would, and returns the lines of its output.</summary>
    /// <param name="connection">host:port, and a <c>defaultDatabase</c> as StackExchange.Redis writes it.</param>
    /// <param name="command">The arguments of <c>redis-cli</c> in the runbook.</param>
    public static async Task<string[]> RunAsync(string connection, params string[] command)
    {
        var options = StackExchange.Redis.ConfigurationOptions.Parse(connection);
        string[] address = options.EndPoints[0].ToString()!.Split('/')[^1].Split(':');
        string program = Path.Combine(Path.GetDirectoryName(TestServers.RedisServer)!, "redis-cli");
        using var process = Process.Start(new ProcessStartInfo(program,
        [
            "-h", address[0], "-p", address[1],
            "-n", (options.DefaultDatabase ?? 0).ToString(System.Globalization.CultureInfo.InvariantCulture), .. command,
        ])
        { RedirectStandardOutput = true })!;
        string text = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
