namespace FlowQuota.Tests.Crash;

/// <summary>The data that a self-host keeps over all kills of a class.</summary>
public sealed class KilledFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("flowquota-kill-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
