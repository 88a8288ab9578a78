using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using FlowQuota.Errors;

namespace FlowQuota.Functions.Requests;

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
    public bool Has(Field field) => TryGetAny(field.Name, out _);

    /// <summary>A text; null if the field is missing or null.</summary>
    public string? OptionalText(TextField field)
    {
        if (!TryGet(field.Name, out var value))
            return null;
        string text = value.ValueKind == JsonValueKind.String ? Unescape(field.Name, value) : throw Invalid(field.Name, field.Expected);
        return field.IsValid(text) && !string.IsNullOrWhiteSpace(text) ? text : throw Invalid(field.Name, field.Expected);
    }

    /// <summary>A required text.</summary>
    public string Text(TextField field) => OptionalText(field) ?? throw Missing(field.Name, field.Expected);

    /// <summary>A string of the field's syntax; null if the field is missing or null.</summary>
    public string? OptionalString(StringField field)
    {
        if (!TryGet(field.Name, out var value))
            return null;
        string text = value.ValueKind == JsonValueKind.String ? Unescape(field.Name, value) : throw Invalid(field.Name, "must be a text");
        return field.IsValid?.Invoke(text) != false ? text : throw Invalid(field.Name, field.Expected);
    }

    /// <summary>A required string of the field's syntax.</summary>
    public string String(StringField field) => OptionalString(field) ?? throw Missing(field.Name, field.Expected);

    /// <summary>A whole number; null if the field is missing or null.</summary>
    public int? OptionalNumber(NumberField field)
    {
        if (!TryGet(field.Name, out var value))
            return null;
        // 1e2 and 1.0 are whole numbers, too.
        return value.ValueKind == JsonValueKind.Number && value.TryGetDecimal(out decimal number) && decimal.IsInteger(number)
            && number >= field.Min && number <= field.Max
            ? (int)number
            : throw Invalid(field.Name, field.Expected);
    }

    /// <summary>A required whole number.</summary>
    public int Number(NumberField field) => OptionalNumber(field) ?? throw Missing(field.Name, field.Expected);

    /// <summary>True or false; null if the field is missing or null.</summary>
    public bool? OptionalFlag(FlagField field)
    {
        if (!TryGet(field.Name, out var value))
            return null;
        return value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw Invalid(field.Name, "must be true or false"),
        };
    }

    /// <summary>One of several words; null if the field is missing or null.</summary>
    public T? OptionalChoice<T>(ChoiceField<T> field)
        where T : struct
    {
        if (!TryGet(field.Name, out var value))
            return null;
        string? word = value.ValueKind == JsonValueKind.String ? Unescape(field.Name, value) : null;
        return word is not null && field.Accepts(word) ? field.ValueOf(word) : throw Invalid(field.Name, field.Expected);
    }

    /// <summary>An object; null if the field is missing or null.</summary>
    public JsonFields? OptionalObject(ObjectField field)
    {
        if (!TryGet(field.Name, out var value))
            return null;
        if (value.ValueKind != JsonValueKind.Object)
            throw Invalid(field.Name, "must be a JSON object");
        JsonFields inner = new(value, $"{_prefix}{field.Name}.");
        inner.CheckFields(field.Fields.Names);
        return inner;
    }

    /// <summary>A list of different strings; null if the field is missing or null.</summary>
    public IReadOnlyList<string>? OptionalStrings(StringListField field)
    {
        if (!TryGet(field.Name, out var value))
            return null;
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > field.Most)
            throw Invalid(field.Name, $"must be a list of at most {field.Most} texts");
        List<string> texts = [];
        foreach (var item in value.EnumerateArray())
        {
            string own = $"{field.Name}[{texts.Count}]";
            string text = item.ValueKind == JsonValueKind.String ? Unescape(own, item) : throw Invalid(own, "must be a text");
            if (field.Item.IsValid?.Invoke(text) == false)
                throw Invalid(own, field.Item.Expected);
            texts.Add(texts.Contains(text) ? throw Invalid(own, "must not be given twice") : text);
        }

        return texts;
    }

    /// <summary>The text of an object of any content, as it was sent; null if the field is missing or null.</summary>
    public string? OptionalObjectText(JsonField field)
    {
        if (!TryGet(field.Name, out var value))
            return null;
        var text = JsonMarshal.GetRawUtf8Value(value);
        return value.ValueKind == JsonValueKind.Object && text.Length <= field.MaxObjectBytes
            ? Encoding.UTF8.GetString(text)
            : throw Invalid(field.Name, $"must be a JSON object of at most {field.MaxObjectBytes} bytes");
    }

    /// <summary>A required list of objects.</summary>
    public IReadOnlyList<JsonFields> Objects(ObjectListField field)
    {
        if (!TryGet(field.Name, out var value) || value.ValueKind != JsonValueKind.Array || value.GetArrayLength() is var length && (length < 1 || length > field.Most))
            throw Invalid(field.Name, $"must be a list of 1 to {field.Most} JSON objects");
        List<JsonFields> objects = [];
        foreach (var item in value.EnumerateArray())
        {
            string own = $"{field.Name}[{objects.Count}]";
            if (item.ValueKind != JsonValueKind.Object)
                throw Invalid(own, "must be a JSON object");
            objects.Add(new JsonFields(item, $"{_prefix}{own}."));
            objects[^1].CheckFields(field.Fields.Names);
        }

        return objects;
    }

    /// <summary>A 400 because a required field of this object is missing.</summary>
    /// <param name="name">The field.</param>
    /// <param name="expected">What it must be, in words that follow its name.</param>
    public InvalidFieldException Missing(string name, string expected) => Invalid(name, $"is missing; it {expected}");

    /// <summary>A 400 about a field of this object.</summary>
    /// <param name="name">The field.</param>
    /// <param name="expected">What is wrong with it, in words that follow its name.</param>
    public InvalidFieldException Invalid(string name, string expected) => new(_prefix + name, expected);

    /// <summary>Any JSON, as it was sent; empty if the field is missing.</summary>
    public ReadOnlyMemory<byte> Raw(JsonField field) =>
        TryGetAny(field.Name, out var value)
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
