using FlowQuota.Tests.Servers;
using StackExchange.Redis;

namespace FlowQuota.Tests.Crash;

/// <summary>Redis that answers a write only when it is on disk: what a kill -9 may not lose.</summary>
public sealed class RedisProcess(string folder) : CrashServer(folder)
{
    public string Address => $"127.0.0.1:{Port}";

    protected override OwnProcess Launch() => OwnProcess.Start(
        TestServers.Program(TestServers.RedisServerVariable), "--bind", "127.0.0.1", "--port", $"{Port}", "--dir", Folder,
        "--appendonly", "yes", "--appendfsync", "always", "--save", "");

    protected override async Task<bool> AnswersAsync()
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(Address);
        await connection.GetDatabase().PingAsync();
        return true;
    }
}
