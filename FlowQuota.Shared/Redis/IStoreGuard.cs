using FlowQuota.Errors;

namespace FlowQuota.Redis;

/// <summary>Keeps an instance from running scripts on stores of instances with other settings.</summary>
public interface IStoreGuard
{
    /// <summary>Compares the settings that all instances must share. Awaited before the first script is loaded.</summary>
    /// <exception cref="SettingException">A setting differs; the message is one line.</exception>
    /// <exception cref="StoreUnavailableException">The stores cannot be asked now.</exception>
    Task CheckAsync(CancellationToken cancellationToken);
}
