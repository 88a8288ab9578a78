namespace FlowQuota.Tests.Crash;

/// <summary>A server of the suite's own that can be killed and comes back on the same port with the same data.</summary>
public abstract class CrashServer(string folder) : IAsyncDisposable
{
    private OwnProcess? _process;

    protected string Folder { get; } = Directory.CreateDirectory(folder).FullName;

    protected int Port { get; } = FreePort.Next();

    /// <summary>Its port, on the loopback.</summary>
    public int ServerPort => Port;

    public bool IsRunning => _process is { IsRunning: true };

    public OwnProcess Process => _process ?? throw new InvalidOperationException("It was never started.");

    /// <summary>Starts it unless it runs, and waits until it answers.</summary>
    public async Task StartAsync()
    {
        if (IsRunning)
            return;
        if (_process is null)
            await PrepareAsync();
        _process = Launch();
        await _process.AnswersAsync(AnswersAsync);
    }

    public Task KillAsync() => Process.KillAsync();

    public virtual async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await _process.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Done once, before the first start.</summary>
    protected virtual Task PrepareAsync() => Task.CompletedTask;

    protected abstract OwnProcess Launch();

    protected abstract Task<bool> AnswersAsync();
}
