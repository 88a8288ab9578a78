namespace FlowQuota.Drains;

/// <summary>The result of one batch of a drain.</summary>
/// <param name="Items">How many items it read.</param>
/// <param name="Cursor">Where the next read starts; <c>0</c> = from the start.</param>
/// <param name="LeaseLost">True if another drain took over, so that nothing was removed.</param>
/// <param name="IsFull">True if it read as much as a batch may hold, so that more may wait.</param>
internal readonly record struct DrainedBatch(int Items, string Cursor = "0", bool LeaseLost = false, bool IsFull = false);
