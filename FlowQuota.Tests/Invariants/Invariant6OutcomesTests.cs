using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using Xunit;

namespace FlowQuota.Tests.Invariants;

/// <summary>Invariant 6: <c>execution_success</c> is the real outcome of the code, and null if there was no code.</summary>
public sealed class Invariant6OutcomesTests
{
    [ServerFact(Redis = true, MySql = true)]
    public async Task Each_call_on_two_instances_has_its_own_outcome()
    {
        await using var world = await TestWorld.RealAsync();
        await AssertOutcomesAsync([await world.StartAppAsync(), await world.StartAppAsync()]);
    }

    [Fact]
    public async Task Each_call_on_the_embedded_stores_has_its_own_outcome()
    {
        await using var world = TestWorld.Embedded();
        await AssertOutcomesAsync([await world.StartAppAsync()]);
    }

    private static async Task AssertOutcomesAsync(TestApp[] apps)
    {
        var token = await apps[0].CreateTokenAsync();
        var answers = new List<TestAnswer>();
        string[] codes = ["return 1", "throw new TypeError('gone wrong')", "return (", "for (;;);"];
        for (int i = 0; i < codes.Length; i++)
            answers.Add(await apps[i % apps.Length].ExecuteAsync(token, codes[i]));
        answers.Add(await apps[0].ConsumeAsync(token, 2));

        await apps[0].DrainAsync();

        var rows = await StoredLedger.ReadWholeAsync(apps[0].Sql, token.Id);
        var byRequest = rows.ToDictionary(row => row.RequestId);
        foreach (var answer in answers.Take(codes.Length))
        {
            var row = byRequest[answer.Headers["X-Request-ID"]];
            Assert.Equal((answer.Status == 200, answer.ErrorType, answer.ErrorMessage), (row.Success, row.ErrorType, row.ErrorMessage));
        }

        Assert.Equal([200, 400, 400, 400], answers.Take(4).Select(answer => answer.Status));
        Assert.Equal(["RuntimeError", "SyntaxError", "TimeoutError"], answers.Skip(1).Take(3).Select(answer => answer.ErrorType));
        Assert.All(new[] { rows[0], rows[^1] }, row => Assert.Equal((null, null, null), (row.Success, row.ErrorType, row.ErrorMessage)));
    }
}
