using System.Globalization;
using FlowQuota.Errors;
using Microsoft.Extensions.Configuration;

namespace FlowQuota.Settings;

/// <summary>Reads single settings; errors say precisely what is wrong.</summary>
/// <param name="configuration">Environment variables, app settings or the command line.</param>
public sealed class SettingReader(IConfiguration configuration)
{
    /// <summary>A setting without surrounding blanks; null if it is missing or empty.</summary>
    public string? Text(string name) => configuration[name] is { } text && !string.IsNullOrWhiteSpace(text) ? text.Trim() : null;

    /// <summary>A required setting.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="allowed">The allowed values; part of the error message.</param>
    /// <exception cref="SettingException">It is missing.</exception>
    public string Required(string name, string allowed) => Text(name) ?? throw new SettingException(name, "missing", allowed);

    /// <summary>A secret of a least length. Error messages report only its length.</summary>
    /// <exception cref="SettingException">It is missing or too short.</exception>
    public string Secret(string name, int minLength)
    {
        string allowed = $"a secret of at least {minLength} characters";
        string secret = Required(name, allowed);
        return secret.Length >= minLength
            ? secret
            : throw new SettingException(name, $"{secret.Length} characters long", allowed);
    }

    /// <summary>A whole number in a range.</summary>
    /// <exception cref="SettingException">The value is no number, or outside the range.</exception>
    public int Number(string name, int defaultValue, int min, int max)
    {
        if (Text(name) is not { } text)
            return defaultValue;
        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value >= min && value <= max
            ? value
            : throw Wrong(name, text, $"a whole number from {min} to {max}");
    }

    /// <summary>True or false, also written 1 or 0.</summary>
    /// <exception cref="SettingException">The value is another one.</exception>
    public bool Flag(string name, bool defaultValue) => Text(name)?.ToUpperInvariant() switch
    {
        null => defaultValue,
        "TRUE" or "1" => true,
        "FALSE" or "0" => false,
        _ => throw Wrong(name, Text(name)!, "true or false"),
    };

    /// <summary>The error for a setting with a wrong value; the message repeats the value.</summary>
    public static SettingException Wrong(string name, string was, string allowed) => new(name, $"\"{was.ReplaceLineEndings(" ")}\"", allowed);
}
