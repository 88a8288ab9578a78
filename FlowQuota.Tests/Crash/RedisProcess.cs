using System.Globalization;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using StackExchange.Redis;

namespace FlowQuota.Tests.Crash;

/// <summary>Redis that answers a write only when it is on disk, so that kill -9 loses no answered write.</summary>
/// <param name="folder">The folder of its data.</param>
/// <param name="options">More of the server's options.</param>
public sealed class RedisProcess(string folder, params string[] options) : CrashServer(folder)
{
    public string Address => $"127.0.0.1:{Port}";

    /// <summary>Runs one command on a connection of its own.</summary>
    public async Task<RedisResult> OperateAsync(string command, params object[] arguments)
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync($"{Address},allowAdmin=true,connectTimeout=1000");
        return await connection.GetServer(Address).ExecuteAsync(command, arguments);
    }

    /// <summary>For a replica: waits until it has all writes of its primary up to now.</summary>
    public async Task HasAllOfAsync(RedisProcess primary)
    {
        long offset = await primary.OffsetAsync("master_repl_offset");
        // A server in another role has no such line.
        await Eventually.TrueAsync(async () => await OffsetAsync("slave_repl_offset") >= offset);
    }

    protected override OwnProcess Launch() => OwnProcess.Start(
        TestServers.Program(TestServers.RedisServerVariable), ["--bind", "127.0.0.1", "--port", $"{Port}", "--dir", Folder,
        "--appendonly", "yes", "--appendfsync", "always", "--save", "", .. options]);

    protected override async Task<bool> AnswersAsync()
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(Address);
        await connection.GetDatabase().PingAsync();
        return true;
    }

    /// <summary>A line of INFO; null if the server has none of that name.</summary>
    public async Task<string?> InfoAsync(string section, string name)
    {
        string info = (string)(await OperateAsync("INFO", section))!;
        return info.Split('\n').FirstOrDefault(line => line.StartsWith($"{name}:", StringComparison.Ordinal))?[(name.Length + 1)..].Trim();
    }

    private async Task<long> OffsetAsync(string name) =>
        long.Parse(await InfoAsync("replication", name) ?? "-1", CultureInfo.InvariantCulture);
}
