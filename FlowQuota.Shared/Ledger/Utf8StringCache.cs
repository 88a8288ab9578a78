using System.Text;
using System.Text.Json;

namespace FlowQuota.Ledger;

/// <summary>
/// Caches strings that many events share, such as a token and its owner, so that each is made once. Has a fixed size, evicts
/// by itself, and is thread-safe.
/// </summary>
internal sealed class Utf8StringCache
{
    private const int Slots = 1024;

    private readonly string?[] _texts = new string?[Slots];

    /// <summary>The string at the reader's position; null for a JSON null.</summary>
    /// <exception cref="InvalidOperationException">The reader is at another kind of value.</exception>
    public string? Read(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String || reader.ValueIsEscaped || reader.ValueSpan.IsEmpty) return reader.GetString();

        ref string? slot = ref _texts[SlotOf(reader.ValueSpan)];
        string? text = slot;
        if (text is null || !Ascii.Equals(reader.ValueSpan, text)) slot = text = reader.GetString()!;
        return text;
    }

    // A few bytes distinguish public ids and addresses. Two strings that share a slot are made each time.
    private static int SlotOf(ReadOnlySpan<byte> text)
    {
        int hash = text.Length;
        foreach (int at in (ReadOnlySpan<int>)[text.Length / 4, text.Length / 2, text.Length * 3 / 4, text.Length - 1])
            hash = (hash * 31) + text[at];
        return hash % Slots;
    }
}
