using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using FlowQuota.Errors;

namespace FlowQuota.Functions.Http;

/// <summary>A JSON object in a request's body, read strictly: every error names the field and the expected value.</summary>
internal class JsonFields
{
    private readonly JsonElement _object;
    private readonly string _prefix;

    /// <summary>Reads an object.</summary>
    /// <param name="value">The object; nothing if there is no body.</param>
    /// <param name="prefix">What stands before the names of its fields in errors.</param>
    protected JsonFields(JsonElement value, string prefix)
    {
        (_object, _prefix) = (value, prefix);
    }

    /// <summary>True if the field is present, also as null.</summary>
    public bool Has(string name) => TryGetAny(name, out _);

    /// <summary>A text; null if the field is missing or null.</summary>
    /// <param name="name">The field.</param>
    /// <param name="maxLength">Most characters.</param>
    public string? OptionalText(string name, int maxLength)
    {
        if (!TryGet(name, out var value))
            return null;
        string expected = $"must be a text of 1 to {maxLength} characters without control characters";
        if (value.ValueKind != JsonValueKind.String)
            throw Invalid(name, expected);
        string text = Unescape(name, value);
        return text.Length >= 1 && text.Length <= maxLength && !string.IsNullOrWhiteSpace(text) && !text.Any(char.IsControl)
            ? text
            : throw Invalid(name, expected);
    }

    /// <summary>A required text.</summary>
    /// <param name="name">The field.</param>
    /// <param name="maxLength">Most characters.</param>
    public string Text(string name, int maxLength) =>
        OptionalText(name, maxLength) ?? throw Invalid(name, $"is missing; it must be a text of 1 to {maxLength} characters");

    /// <summary>A string of any length and content; null if the field is missing or null.</summary>
    public string? OptionalString(string name)
    {
        if (!TryGet(name, out var value))
            return null;
        return value.ValueKind == JsonValueKind.String ? Unescape(name, value) : throw Invalid(name, "must be a text");
    }

    /// <summary>A whole number; null if the field is missing or null.</summary>
    public int? OptionalNumber(string name, int min, int max)
    {
        if (!TryGet(name, out var value))
            return null;
        // 1e2 and 1.0 are whole numbers, too.
        return value.ValueKind == JsonValueKind.Number && value.TryGetDecimal(out decimal number) && decimal.IsInteger(number) && number >= min && number <= max
            ? (int)number
            : throw Invalid(name, $"must be a whole number from {min} to {max}");
    }

    /// <summary>True or false; null if the field is missing or null.</summary>
    public bool? OptionalFlag(string name)
    {
        if (!TryGet(name, out var value))
            return null;
        return value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw Invalid(name, "must be true or false"),
        };
    }

    /// <summary>One of several words; null if the field is missing or null.</summary>
    public T? OptionalChoice<T>(string name, params (string Word, T Value)[] choices)
        where T : struct
    {
        if (!TryGet(name, out var value))
            return null;
        if (value.ValueKind == JsonValueKind.String)
        {
            string text = Unescape(name, value);
            foreach (var (word, choice) in choices)
            {
                if (text == word)
                    return choice;
            }
        }

        throw Invalid(name, $"must be one of {string.Join(", ", choices.Select(choice => choice.Word))}");
    }

    /// <summary>An object, whose fields are named after it, <c>name.field</c>; null if the field is missing or null.</summary>
    /// <param name="name">The field.</param>
    /// <param name="fields">The fields that the object may have; any other is a 400.</param>
    public JsonFields? OptionalObject(string name, params string[] fields)
    {
        if (!TryGet(name, out var value))
            return null;
        if (value.ValueKind != JsonValueKind.Object)
            throw Invalid(name, "must be a JSON object");
        JsonFields inner = new(value, $"{_prefix}{name}.");
        inner.CheckFields(fields);
        return inner;
    }

    /// <summary>A list of strings of any content, each once; null if the field is missing or null.</summary>
    /// <param name="name">The field.</param>
    /// <param name="most">Most strings.</param>
    public IReadOnlyList<string>? OptionalStrings(string name, int most)
    {
        if (!TryGet(name, out var value))
            return null;
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > most)
            throw Invalid(name, $"must be a list of at most {most} texts");
        List<string> texts = [];
        foreach (var item in value.EnumerateArray())
        {
            string own = $"{name}[{texts.Count}]";
            string text = item.ValueKind == JsonValueKind.String ? Unescape(own, item) : throw Invalid(own, "must be a text");
            texts.Add(texts.Contains(text) ? throw Invalid(own, "must not be given twice") : text);
        }

        return texts;
    }

    /// <summary>The text of an object of any content, as it was sent; null if the field is missing or null.</summary>
    /// <param name="name">The field.</param>
    /// <param name="maxBytes">Longest text, in bytes.</param>
    public string? OptionalObjectText(string name, int maxBytes)
    {
        if (!TryGet(name, out var value))
            return null;
        var text = JsonMarshal.GetRawUtf8Value(value);
        return value.ValueKind == JsonValueKind.Object && text.Length <= maxBytes
            ? Encoding.UTF8.GetString(text)
            : throw Invalid(name, $"must be a JSON object of at most {maxBytes} bytes");
    }

    /// <summary>A required list of objects, whose fields are named after it, <c>name[0].field</c>.</summary>
    /// <param name="name">The field.</param>
    /// <param name="most">Most objects; there is at least one.</param>
    /// <param name="fields">The fields that each object may have; any other is a 400.</param>
    public IReadOnlyList<JsonFields> Objects(string name, int most, params string[] fields)
    {
        if (!TryGet(name, out var value) || value.ValueKind != JsonValueKind.Array || value.GetArrayLength() is var length && (length < 1 || length > most))
            throw Invalid(name, $"must be a list of 1 to {most} JSON objects");
        List<JsonFields> objects = [];
        foreach (var item in value.EnumerateArray())
        {
            string own = $"{name}[{objects.Count}]";
            if (item.ValueKind != JsonValueKind.Object)
                throw Invalid(own, "must be a JSON object");
            objects.Add(new JsonFields(item, $"{_prefix}{own}."));
            objects[^1].CheckFields(fields);
        }

        return objects;
    }

    /// <summary>A 400 about a field of this object.</summary>
    /// <param name="name">The field.</param>
    /// <param name="expected">What is wrong with it, in words that follow its name.</param>
    public InvalidFieldException Invalid(string name, string expected) => new(_prefix + name, expected);

    /// <summary>Any JSON, as it was sent; empty if the field is missing.</summary>
    public ReadOnlyMemory<byte> Raw(string name) =>
        TryGetAny(name, out var value)
            ? JsonMarshal.GetRawUtf8Value(value).ToArray()
            : ReadOnlyMemory<byte>.Empty;

    /// <summary>A name that the caller chose, for a message: at most 64 characters, no control character.</summary>
    internal static string Shorten(string name) => new([.. name.Take(64).Select(c => char.IsControl(c) ? '?' : c)]);

    /// <summary>Refuses any other field than these.</summary>
    protected void CheckFields(string[] fields)
    {
        foreach (var property in _object.EnumerateObject())
        {
            if (!fields.Any(property.NameEquals))
                throw Invalid(Shorten(property.Name), $"is not a known field; expected one of {string.Join(", ", fields)}");
        }
    }

    private bool TryGet(string name, out JsonElement value) => TryGetAny(name, out value) && value.ValueKind != JsonValueKind.Null;

    private bool TryGetAny(string name, out JsonElement value)
    {
        value = default;
        return _object.ValueKind == JsonValueKind.Object && _object.TryGetProperty(name, out value);
    }

    private string Unescape(string name, JsonElement value)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Invalid(name, "must be valid UTF-8 without lone surrogates");
        }
    }
}
