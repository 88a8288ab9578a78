namespace FlowQuota.Errors;

/// <summary>A setting is missing or wrong. The message is one line with its name, its value and the allowed values.</summary>
/// <param name="name">The setting's name.</param>
/// <param name="was">Its value or a description of it, fit for a log: never a secret.</param>
/// <param name="allowed">The allowed values.</param>
public sealed class SettingException(string name, string was, string allowed)
    : Exception($"Setting {name} is {was}; allowed: {allowed}.")
{
    /// <summary>The setting's name.</summary>
    public string Name { get; } = name;
}
