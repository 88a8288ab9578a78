using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Contract;
using Xunit;

namespace FlowQuota.Tests.Gateways;

/// <summary>FlowQuota and a service for a gateway to stand between.</summary>
public sealed class GatewayWorld : IAsyncLifetime
{
    private readonly TestWorld _world = TestWorld.Embedded();

    public TestApp App { get; private set; } = null!;

    public MeteredService Service { get; private set; } = null!;

    /// <summary>FlowQuota's address.</summary>
    public int Port => App.Client.BaseAddress!.Port;

    public async Task InitializeAsync()
    {
        Service = await MeteredService.StartAsync();
        App = await ContractApp.StartAsync(_world);
    }

    public async Task DisposeAsync()
    {
        await _world.DisposeAsync();
        await Service.DisposeAsync();
    }
}
