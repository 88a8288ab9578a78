using System.Buffers;

namespace FlowQuota.Client.Transport;

/// <summary>Checks texts that become part of a request's head, so that none of them can add to it or lead to another path.</summary>
internal static class ApiText
{
    private const int MaxTokenLength = 1024;
    private const int MaxKeyLength = 128;

    private static readonly SearchValues<char> OfKeys =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:~-");

    /// <summary>True for a text that can be a token: visible ASCII.</summary>
    public static bool IsToken(string text) => text.Length is > 0 and <= MaxTokenLength && !text.AsSpan().ContainsAnyExceptInRange('!', '~');

    /// <summary>Returns a token that can be sent.</summary>
    /// <exception cref="ArgumentException">It cannot. The message does not repeat it.</exception>
    public static string Token(string token, string parameter)
    {
        ArgumentNullException.ThrowIfNull(token, parameter);
        return IsToken(token) ? token : throw new ArgumentException($"A token has 1 to {MaxTokenLength} visible ASCII characters.", parameter);
    }

    /// <summary>Returns an idempotency key that can be sent, a new one if the caller has none.</summary>
    /// <exception cref="ArgumentException">It cannot be sent.</exception>
    public static string Key(string? key) => key switch
    {
        null => NewId(),
        { Length: > 0 and <= MaxKeyLength } when !key.AsSpan().ContainsAnyExcept(OfKeys) => key,
        _ => throw new ArgumentException($"An idempotency key has 1 to {MaxKeyLength} characters of A-Za-z0-9._:~-.", nameof(key)),
    };

    /// <summary>A new id of a request or a key.</summary>
    public static string NewId() => Guid.CreateVersion7().ToString();

    /// <summary>An id as a part of a path.</summary>
    /// <exception cref="ArgumentException">It is empty, or dots that lead to another path.</exception>
    public static string Segment(string id, string parameter)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(id, parameter);
        return id.Trim('.').Length > 0 ? Uri.EscapeDataString(id) : throw new ArgumentException("It is no id.", parameter);
    }

    /// <summary>The public id of a token as a part of a path: of a full token, the secret is left out, because proxies log paths.</summary>
    public static string TokenSegment(string token, string parameter)
    {
        string id = Segment(token, parameter);
        string[] parts = id.Split('_');
        return parts is ["flow", _, _] ? $"{parts[0]}_{parts[1]}" : id;
    }
}
