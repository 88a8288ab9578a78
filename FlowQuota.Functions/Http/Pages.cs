namespace FlowQuota.Functions.Http;

/// <summary>Counts pages.</summary>
internal static class Pages
{
    /// <summary>The number of pages of a size that hold so many items; 0 for no items.</summary>
    public static long Count(long items, int pageSize) => (items + pageSize - 1) / pageSize;
}
