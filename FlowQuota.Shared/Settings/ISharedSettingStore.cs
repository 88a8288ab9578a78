namespace FlowQuota.Settings;

/// <summary>Keeps settings that all instances must share, as the first instance had them.</summary>
public interface ISharedSettingStore
{
    /// <summary>Keeps those settings that are not kept yet, and reads all of them.</summary>
    /// <param name="own">This instance's settings, by name.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>What is kept of them, by name.</returns>
    /// <exception cref="Storage.StoreUnavailableException">SQL cannot be reached.</exception>
    Task<IReadOnlyDictionary<string, string>> KeepAsync(IReadOnlyDictionary<string, string> own, CancellationToken cancellationToken);
}
