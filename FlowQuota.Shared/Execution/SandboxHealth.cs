namespace FlowQuota.Execution;

/// <summary>The state of the <see cref="SandboxPool"/>.</summary>
/// <param name="Ready">Worker processes that can run code.</param>
/// <param name="Busy">Those of them that run code now.</param>
/// <param name="Waiting">Admitted runs that wait for a worker.</param>
/// <param name="DeathsInARow">Workers that died since one last completed a run.</param>
public sealed record SandboxHealth(int Ready, int Busy, int Waiting, int DeathsInARow);
