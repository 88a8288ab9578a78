namespace FlowQuota.Functions.Http;

/// <summary>Counts pages.</summary>
internal static class Pages
{
    /// <summary>How many pages of a size hold so many items; 0 for none.</summary>
    public static long Count(long items, int pageSize) => (items + pageSize - 1) / pageSize;
}
