using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.OpenApi;

namespace FlowQuota.OpenApi;

/// <summary>Describes the types of responses, as components of the document.</summary>
/// <param name="document">Receives a component for each type.</param>
/// <param name="docs">The descriptions.</param>
internal sealed class TypeSchemas(OpenApiDocument document, XmlDocs docs)
{
    private static readonly NullabilityInfoContext Nullability = new();

    /// <summary>A reference to the description of a type.</summary>
    public OpenApiSchemaReference Of(JsonTypeInfo type)
    {
        string name = NameOf(type.Type);
        if (document.Components?.Schemas?.ContainsKey(name) != true)
        {
            // Before its fields, because they may refer to it.
            var schema = new OpenApiSchema { Type = JsonSchemaType.Object, Description = docs.Of(type.Type), Properties = new Dictionary<string, IOpenApiSchema>(), Required = new HashSet<string>() };
            document.AddComponent(name, schema);
            foreach (var property in type.Properties)
                Add(schema, property, type.Options);
        }

        return new OpenApiSchemaReference(name, document);
    }

    // QuotaLogView is QuotaLog, and a type in another has both names.
    private static string NameOf(Type type) => type.IsNested ? NameOf(type.DeclaringType!) + type.Name : type.Name.Replace("View", "", StringComparison.Ordinal);

    private void Add(OpenApiSchema owner, JsonPropertyInfo property, JsonSerializerOptions options)
    {
        var member = (PropertyInfo)property.AttributeProvider!;
        var schema = property.CustomConverter is not null
            ? new OpenApiSchema { Type = JsonSchemaType.Object }
            : Of(property.PropertyType, Nullability.Create(member), options);
        bool isNullable = Nullability.Create(member).ReadState == NullabilityState.Nullable;
        bool isOptional = member.GetCustomAttribute<JsonIgnoreAttribute>() is { Condition: not JsonIgnoreCondition.Never };
        if (schema is OpenApiSchema inline)
        {
            inline.Description = docs.Of(member);
            if (isNullable && !isOptional && inline.Type is not null)
                inline.Type |= JsonSchemaType.Null;
        }
        else if (isNullable && !isOptional)
        {
            schema = new OpenApiSchema { Description = docs.Of(member), OneOf = [schema, new OpenApiSchema { Type = JsonSchemaType.Null }] };
        }
        else
        {
            ((OpenApiSchemaReference)schema).Description = docs.Of(member);
        }

        owner.Properties!.Add(property.Name, schema);
        if (!isOptional)
            owner.Required!.Add(property.Name);
    }

    private IOpenApiSchema Of(Type type, NullabilityInfo nullability, JsonSerializerOptions options)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(string))
            return new OpenApiSchema { Type = JsonSchemaType.String };
        if (type == typeof(bool))
            return new OpenApiSchema { Type = JsonSchemaType.Boolean };
        if (type == typeof(int))
            return new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32" };
        if (type == typeof(long))
            return new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64" };
        if (type == typeof(double) || type == typeof(decimal))
            return new OpenApiSchema { Type = JsonSchemaType.Number };
        if (type == typeof(JsonElement))
            return new OpenApiSchema();

        var info = options.GetTypeInfo(type);
        return info.Kind switch
        {
            JsonTypeInfoKind.Object => Of(info),
            JsonTypeInfoKind.Enumerable => new OpenApiSchema { Type = JsonSchemaType.Array, Items = Of(info.ElementType!, nullability.GenericTypeArguments[0], options) },
            JsonTypeInfoKind.Dictionary => new OpenApiSchema { Type = JsonSchemaType.Object, AdditionalProperties = Of(info.ElementType!, nullability.GenericTypeArguments[1], options) },
            _ => throw new InvalidOperationException($"{type} is of a kind that the document does not know."),
        };
    }
}
