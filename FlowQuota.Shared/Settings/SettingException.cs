namespace FlowQuota.Settings;

/// <summary>A setting is missing or wrong; the message is one line that names it, what it was and what is allowed.</summary>
/// <param name="name">The setting's name.</param>
/// <param name="was">What it was, fit for a log: never a secret.</param>
/// <param name="allowed">What is allowed.</param>
public sealed class SettingException(string name, string was, string allowed)
    : Exception($"Setting {name} is {was}; allowed: {allowed}.")
{
    /// <summary>The setting's name.</summary>
    public string Name { get; } = name;
}
