using FlowQuota.Settings;

namespace FlowQuota.SelfHost.Hosting;

/// <summary>The times of a schedule, one after the other, by a clock that may be set.</summary>
internal sealed class Occurrences(TimerSchedule schedule, TimeProvider time)
{
    // A clock that is corrected by less repeats no occurrence.
    private static readonly TimeSpan Correction = TimeSpan.FromMinutes(1);

    // Limits how long a clock that was set stays unnoticed.
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    private DateTime _after = time.GetUtcNow().UtcDateTime;

    /// <summary>Waits for the next one.</summary>
    /// <returns>False if there is none.</returns>
    public async Task<bool> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var now = time.GetUtcNow().UtcDateTime;
            // The clock was set back. What it shows again runs again; otherwise nothing would run until it shows what it did.
            if (_after - now > Correction)
                _after = now;
            if (schedule.NextAfter(_after) is not { } due)
                return false;
            if (due <= now)
            {
                _after = now;
                return true;
            }

            await Task.Delay(due - now < LongestWait ? due - now : LongestWait, time, cancellationToken);
        }
    }
}
