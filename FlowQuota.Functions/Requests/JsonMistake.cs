using System.Text.Json;

namespace FlowQuota.Functions.Requests;

/// <summary>Describes why a text does not parse as the expected JSON.</summary>
internal static class JsonMistake
{
    /// <summary>The first mistake, in words that follow the name of the field.</summary>
    /// <param name="text">UTF-8 that does not parse.</param>
    /// <param name="maxDepth">How deep objects and arrays may be nested.</param>
    public static string In(ReadOnlySpan<byte> text, int maxDepth)
    {
        // Reads past the maximum depth, to distinguish JSON that is too deep from invalid JSON.
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = int.MaxValue });
        var names = new Stack<HashSet<string>>();
        try
        {
            while (reader.Read())
            {
                switch (reader.TokenType)
                {
                    case JsonTokenType.StartObject or JsonTokenType.StartArray when reader.CurrentDepth >= maxDepth:
                        return $"must be nested at most {maxDepth} deep{Where(text, reader.TokenStartIndex)}";
                    case JsonTokenType.StartObject:
                        names.Push([]);
                        break;
                    case JsonTokenType.EndObject:
                        names.Pop();
                        break;
                    case JsonTokenType.PropertyName when reader.GetString() is { } name && !names.Peek().Add(name):
                        return $"has the name {JsonFields.Shorten(name)} twice{Where(text, reader.TokenStartIndex)}";
                }
            }
        }
        catch (JsonException e)
        {
            return $"is not valid JSON{Where(e.LineNumber ?? 0, e.BytePositionInLine ?? 0)}";
        }
        catch (InvalidOperationException)
        {
            return "must have no lone surrogates in its names";
        }

        return "must be one JSON object";
    }

    private static string Where(ReadOnlySpan<byte> text, long index)
    {
        var before = text[..(int)index];
        return Where(before.Count((byte)'\n'), index - before.LastIndexOf((byte)'\n') - 1);
    }

    private static string Where(long line, long position) => $" (line {line + 1}, byte {position + 1})";
}
