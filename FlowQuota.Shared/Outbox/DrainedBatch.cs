namespace FlowQuota.Outbox;

/// <summary>What one batch of a drain did.</summary>
/// <param name="Items">How many items it read.</param>
/// <param name="Cursor">Where the reading goes on; <c>0</c> = from the start.</param>
/// <param name="LeaseLost">True where another drain took over, so that nothing was removed.</param>
/// <param name="IsFull">True where it read as much as a batch may hold, so that more waits.</param>
internal readonly record struct DrainedBatch(int Items, string Cursor = "0", bool LeaseLost = false, bool IsFull = false);
