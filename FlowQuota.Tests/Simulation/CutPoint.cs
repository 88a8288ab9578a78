using FlowQuota.Errors;

namespace FlowQuota.Tests.Simulation;

/// <summary>
/// Code that runs right before or right after the next write to SQL, or after the read of the next cold load, once; the write or
/// load throws its exception.
/// </summary>
public sealed class CutPoint
{
    private Func<Task>? _before;
    private Func<Task>? _after;
    private Func<Task>? _afterLoad;

    /// <summary>True while SQL cannot be reached.</summary>
    public bool IsAway { get; set; }

    public void Before(Func<Task> happens) => _before = happens;

    public void After(Func<Task> happens) => _after = happens;

    public void AfterLoad(Func<Task> happens) => _afterLoad = happens;

    public void Clear() => (_before, _after, _afterLoad) = (null, null, null);

    /// <summary>Makes a write and runs the code that is due around it.</summary>
    public async Task<T> WriteAsync<T>(Func<Task<T>> write)
    {
        var (before, after) = (_before, _after);
        (_before, _after) = (null, null);
        if (IsAway)
            throw new StoreUnavailableException("SQL");
        if (before is not null)
            await before();
        var written = await write();
        if (after is not null)
            await after();
        return written;
    }

    /// <summary>Reads a token for a cold load and runs the code that is due after it.</summary>
    public async Task<T> LoadAsync<T>(Func<Task<T>> load)
    {
        var afterLoad = _afterLoad;
        _afterLoad = null;
        if (IsAway)
            throw new StoreUnavailableException("SQL");
        var loaded = await load();
        if (afterLoad is not null)
            await afterLoad();
        return loaded;
    }
}
