using System.Diagnostics;

namespace FlowQuota.Tests.Apps;

/// <summary>Waits for a condition: checks it repeatedly, and fails if it does not come true in time.</summary>
public static class Eventually
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    public static Task TrueAsync(Func<bool> condition, int seconds = 30) => TrueAsync(() => Task.FromResult(condition()), seconds);

    public static async Task TrueAsync(Func<Task<bool>> condition, int seconds = 30)
    {
        long started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(started).TotalSeconds > seconds)
                throw new TimeoutException($"It did not happen within {seconds} s.");
            await Task.Delay(Pause);
        }
    }
}
