namespace FlowQuota.Tests.Simulation;

/// <summary>Code that runs right before or right after the next write to SQL, once; the write throws its exception.</summary>
public sealed class CutPoint
{
    private Func<Task>? _before;
    private Func<Task>? _after;

    public void Before(Func<Task> happens) => _before = happens;

    public void After(Func<Task> happens) => _after = happens;

    public void Clear() => (_before, _after) = (null, null);

    /// <summary>Makes a write and runs the code that is due around it.</summary>
    public async Task<T> WriteAsync<T>(Func<Task<T>> write)
    {
        var (before, after) = (_before, _after);
        Clear();
        if (before is not null)
            await before();
        var written = await write();
        if (after is not null)
            await after();
        return written;
    }
}
