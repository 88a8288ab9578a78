using System.Globalization;
using System.Net.Http.Json;
using FlowQuota.Execution;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Execution;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FlowQuota.Tests.Contract;

/// <summary>Protects callers of a service that is full: 503 at once, a Retry-After, and nothing taken.</summary>
[Collection(SandboxCollection.Name)]
public sealed class CapacityTests
{
    [Fact]
    public async Task Without_a_free_slot_execute_is_503_and_takes_nothing_while_consume_goes_on()
    {
        await using var world = TestWorld.Embedded();
        var app = await ContractApp.StartAsync(world, ("EXECUTE_MAX_CONCURRENCY", "1"), ("EXECUTE_SLOT_WAIT_MS", "0"),
            ("EXECUTE_MAX_MEMORY_MB", "2048"), ("EXECUTE_MAX_STATEMENTS", "2147483647"), ("EXECUTE_TIMEOUT_MS", "30000"));
        await Eventually.TrueAsync(() => app.Services.GetRequiredService<SandboxPool>().Health.Ready == 1);
        var busy = await app.CreateTokenAsync();
        var refused = await app.CreateTokenAsync();
        using var gone = new CancellationTokenSource();
        var running = RunForEverAsync(app, busy, gone.Token);
        // Admitted, and visible in this process.
        var slots = app.Services.GetRequiredService<ExecutionSlots>();
        await Eventually.TrueAsync(() => slots.InUse == 1);
        Assert.Equal(9, await AppLedger.RemainingAsync(app, busy));

        var answer = await app.ExecuteAsync(refused, "return 1");

        Envelope.Refused(answer, 503, "ServiceUnavailable");
        Assert.InRange(int.Parse(Envelope.Header(answer, "Retry-After")!, CultureInfo.InvariantCulture), 1, 60);
        await AppLedger.AssertUntouchedAsync(app, refused);
        Envelope.Data(await app.ConsumeAsync(refused));

        // The caller disconnects and frees the slot; the call was admitted, and stays consumed.
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        await Eventually.TrueAsync(async () => (await app.ExecuteAsync(refused, "return 1")).Status == 200, 10);
        Assert.Equal(9, await AppLedger.RemainingAsync(app, busy));
    }

    private static async Task RunForEverAsync(TestApp app, TestToken token, CancellationToken gone)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/flow/execute");
        request.Headers.Authorization = new("Bearer", token.Full);
        request.Content = JsonContent.Create(new { code_base64 = Convert.ToBase64String("while (true) {}"u8) });
        using var response = await app.Client.SendAsync(request, gone);
    }
}
