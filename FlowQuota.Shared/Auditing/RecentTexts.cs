using System.Text;
using System.Text.Json;

namespace FlowQuota.Auditing;

/// <summary>
/// Texts that come again in event after event, such as a token and its owner: made once instead of each time. Holds a
/// fixed number, forgets without being told, and may be used by several at once.
/// </summary>
internal sealed class RecentTexts
{
    private const int Slots = 1024;

    private readonly string?[] _texts = new string?[Slots];

    /// <summary>The string that the reader is at; null where it is at a null.</summary>
    /// <exception cref="InvalidOperationException">It is at something else.</exception>
    public string? Read(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String || reader.ValueIsEscaped || reader.ValueSpan.IsEmpty) return reader.GetString();

        ref var slot = ref _texts[SlotOf(reader.ValueSpan)];
        var text = slot;
        if (text is null || !Ascii.Equals(reader.ValueSpan, text)) slot = text = reader.GetString()!;
        return text;
    }

    // A few bytes tell public ids and addresses apart; two that share a slot are only made anew each time.
    private static int SlotOf(ReadOnlySpan<byte> text)
    {
        var hash = text.Length;
        foreach (var at in (ReadOnlySpan<int>)[text.Length / 4, text.Length / 2, text.Length * 3 / 4, text.Length - 1])
            hash = (hash * 31) + text[at];
        return hash % Slots;
    }
}
