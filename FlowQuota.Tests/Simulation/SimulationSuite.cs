using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using Xunit;
using Xunit.Abstractions;

namespace FlowQuota.Tests.Simulation;

/// <summary>All invariants of quotas and rows hold after any sequence of operations and faults.</summary>
public abstract class SimulationSuite(Stores stores, ITestOutputHelper output)
{
    private const int StepsOfOneSeed = 500;
    private const int MostStalls = 5;

    [SuiteFact]
    public Task Whatever_happens_in_whatever_order_Redis_SQL_and_the_model_agree() => RunAsync(withPeriods: false);

    /// <summary>
    /// Time jumps over boundaries while instances die in each step of a turn, turn at once, load the token, or have lost SQL,
    /// and while admins change, begin and end the periods.
    /// </summary>
    [SuiteFact]
    public Task Invariant10_Whatever_happens_around_a_boundary_it_changes_a_balance_once() => RunAsync(withPeriods: true);

    private async Task RunAsync(bool withPeriods)
    {
        int steps = Rounds.Of(few: 1000, many: 100_000);
        int stalls = 0;
        for (int done = 0; done < steps; done += StepsOfOneSeed)
        {
            int seed = Rounds.NextSeed();
            output.WriteLine($"FLOWQUOTA_TEST_SEED={seed}");
            while (!await Simulation.TryRunAsync(stores, seed, StepsOfOneSeed, withPeriods))
                Assert.True(++stalls <= MostStalls, "The machine is too slow: Redis did not answer in time, again and again.");
            if (Rounds.GivenSeed is not null)
                return;
        }
    }
}
