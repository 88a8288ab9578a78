namespace FlowQuota.Tests.Simulation;

/// <summary>Stands for the death of a process in the middle of a drain.</summary>
public sealed class DrainDiedException : Exception;
