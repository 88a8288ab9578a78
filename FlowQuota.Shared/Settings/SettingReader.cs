using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace FlowQuota.Settings;

/// <summary>Reads single settings and says precisely what is wrong with one.</summary>
internal sealed class SettingReader(IConfiguration configuration)
{
    public string? Text(string name) => configuration[name] is { } text && !string.IsNullOrWhiteSpace(text) ? text.Trim() : null;

    public string Required(string name, string allowed) => Text(name) ?? throw new SettingException(name, "missing", allowed);

    /// <summary>A secret of a least length; what it was is told by its length alone.</summary>
    public string Secret(string name, int minLength)
    {
        string allowed = $"a secret of at least {minLength} characters";
        string secret = Required(name, allowed);
        return secret.Length >= minLength
            ? secret
            : throw new SettingException(name, $"{secret.Length} characters long", allowed);
    }

    public int Number(string name, int defaultValue, int min, int max)
    {
        if (Text(name) is not { } text)
            return defaultValue;
        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value >= min && value <= max
            ? value
            : throw Wrong(name, text, $"a whole number from {min} to {max}");
    }

    public bool Flag(string name, bool defaultValue) => Text(name)?.ToUpperInvariant() switch
    {
        null => defaultValue,
        "TRUE" or "1" => true,
        "FALSE" or "0" => false,
        _ => throw Wrong(name, Text(name)!, "true or false"),
    };

    public static SettingException Wrong(string name, string was, string allowed) => new(name, $"\"{was.ReplaceLineEndings(" ")}\"", allowed);
}
