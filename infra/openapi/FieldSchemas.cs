using System.Globalization;
using System.Text.Json.Nodes;
using FlowQuota.Functions.Requests;
using Microsoft.OpenApi;

namespace FlowQuota.OpenApi;

/// <summary>Describes what requests may have.</summary>
internal static class FieldSchemas
{
    /// <summary>An object with these fields and no other.</summary>
    public static OpenApiSchema Of(FieldSet fields) => new()
    {
        Type = JsonSchemaType.Object,
        Properties = fields.ToDictionary(field => field.Name, field => (IOpenApiSchema)OfMember(field)),
        Required = fields.Where(field => field.IsRequired).Select(field => field.Name).ToHashSet(),
        AdditionalPropertiesAllowed = false,
    };

    /// <summary>A field of a body. Null is the same as a missing field, so only a required one may not be null.</summary>
    private static OpenApiSchema OfMember(Field field)
    {
        var schema = Of(field);
        schema.Description = field.Description;
        if (field.Example is not null)
            schema.Examples = [JsonNode.Parse(field.Example)!];
        if (!field.IsRequired && schema.Type is not null)
            schema.Type |= JsonSchemaType.Null;
        if (!field.IsRequired && schema.Enum is { } words)
            words.Add(JsonNullSentinel.JsonNull);
        return schema;
    }

    /// <summary>A field, without its description.</summary>
    public static OpenApiSchema Of(Field field) => field switch
    {
        NumberField number => new OpenApiSchema
        {
            Type = JsonSchemaType.Integer,
            Format = "int32",
            Minimum = number.Min.ToString(CultureInfo.InvariantCulture),
            Maximum = number.Max.ToString(CultureInfo.InvariantCulture),
        },
        TextField text => new OpenApiSchema { Type = JsonSchemaType.String, MinLength = text.MayBeEmpty ? 0 : 1, MaxLength = text.MaxLength, Pattern = @"^[^\u0000-\u001f\u007f-\u009f]*$" },
        StringField text => new OpenApiSchema { Type = JsonSchemaType.String, Pattern = text.Pattern },
        FlagField => new OpenApiSchema { Type = JsonSchemaType.Boolean },
        ChoiceField { Most: 1 } choice => new OpenApiSchema { Type = JsonSchemaType.String, Enum = [.. choice.Words.Select(word => (JsonNode)word)] },
        ChoiceField several => new OpenApiSchema { Type = JsonSchemaType.String, Pattern = Several(several) },
        ObjectField inner => Of(inner.Fields),
        ObjectListField list => new OpenApiSchema { Type = JsonSchemaType.Array, MinItems = 1, MaxItems = list.Most, Items = Of(list.Fields) },
        StringListField list => new OpenApiSchema { Type = JsonSchemaType.Array, MaxItems = list.Most, UniqueItems = true, Items = Of(list.Item) },
        JsonField { MaxObjectBytes: not null } => new OpenApiSchema { Type = JsonSchemaType.Object },
        JsonField => new OpenApiSchema(),
        _ => throw new InvalidOperationException($"{field.Name} is of a kind that the document does not know."),
    };

    private static string Several(ChoiceField choice)
    {
        string word = $"({string.Join('|', choice.Words)})";
        return string.Create(CultureInfo.InvariantCulture, $"^{word}(,{word}){{0,{choice.Most - 1}}}$");
    }
}
