using System.Text.Json.Nodes;
using FlowQuota.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.OpenApi;

namespace FlowQuota.OpenApi;

/// <summary>What many operations share: headers, the envelope and failures.</summary>
/// <param name="document">Receives the components.</param>
internal sealed class CommonParts(OpenApiDocument document)
{
    /// <summary>The header that names a request.</summary>
    public IOpenApiParameter RequestId { get; } = Component(document, "RequestId", new OpenApiParameter
    {
        Name = RequestIds.Header,
        In = ParameterLocation.Header,
        Description = "Names the request in its response, its log row and the service's log. If it is missing or malformed, the service makes one. A PUT or DELETE of a token is applied once for each.",
        Schema = new OpenApiSchema { Type = JsonSchemaType.String },
    });

    /// <summary>The header under which a request is repeated.</summary>
    public IOpenApiParameter IdempotencyKey { get; } = Component(document, "IdempotencyKey", new OpenApiParameter
    {
        Name = IdempotencyKeyHeader.Name,
        In = ParameterLocation.Header,
        Description = "All requests under one key are charged or applied once; 1 to 128 of A-Za-z0-9._:~-, bare or in quotation marks.",
        Schema = new OpenApiSchema { Type = JsonSchemaType.String, Pattern = """^"?[A-Za-z0-9._:~-]{1,128}"?$""" },
    });

    /// <summary>The headers of a success.</summary>
    public Dictionary<string, IOpenApiHeader> Headers(Operation operation)
    {
        Dictionary<string, IOpenApiHeader> headers = new() { [RequestIds.Header] = Header(RequestIds.Header, "The id of the request.") };
        if (operation.TakesKey)
            headers["Idempotent-Replayed"] = Header("Idempotent-Replayed", "true for a repeat that gets the response of the first request.");
        if (operation.TellsAllowance)
            AddAllowance(headers);
        return headers;
    }

    /// <summary>The body of a success.</summary>
    /// <param name="content">Its content.</param>
    /// <param name="isData">True if the content is <c>data</c>, false if it is the rest of the body.</param>
    public OpenApiSchema Envelope(IOpenApiSchema content, bool isData)
    {
        var envelope = new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Properties = Origin(),
            Required = new HashSet<string> { "timestamp", "request_id" },
        };
        if (!isData)
            return new OpenApiSchema { AllOf = [content, envelope] };

        envelope.Properties.Add("success", new OpenApiSchema { Type = JsonSchemaType.Boolean, Enum = [true], Description = "True." });
        envelope.Properties.Add("data", content);
        envelope.Properties.Add("message", new OpenApiSchema { Type = JsonSchemaType.String, Description = "One sentence for people." });
        envelope.Required.UnionWith(["success", "data", "message"]);
        return envelope;
    }

    /// <summary>A failure of an operation.</summary>
    /// <param name="types">The kinds of one status.</param>
    public OpenApiResponseReference Failure(IReadOnlyList<ErrorType> types)
    {
        string name = string.Join("Or", types.Select(type => type.Name));
        if (document.Components?.Responses?.ContainsKey(name) != true)
            document.AddComponent(name, Describe(types));
        return new OpenApiResponseReference(name, document);
    }

    private OpenApiResponse Describe(IReadOnlyList<ErrorType> types)
    {
        int status = types[0].Status;
        Dictionary<string, IOpenApiHeader> headers = new() { [RequestIds.Header] = Header(RequestIds.Header, "The id of the request.") };
        if (status is StatusCodes.Status409Conflict or StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable)
            headers["Retry-After"] = Header("Retry-After", "Whole seconds after which a repeat may succeed; left out if none will.");
        if (status == StatusCodes.Status401Unauthorized)
            headers["WWW-Authenticate"] = Header("WWW-Authenticate", "Bearer.");
        if (status == StatusCodes.Status429TooManyRequests)
            AddAllowance(headers);
        return new OpenApiResponse
        {
            Description = string.Join('\n', types.Select(type => $"- `{type.Name}`: {type.Title}")),
            Headers = headers,
            Content = new Dictionary<string, IOpenApiMediaType>
            {
                ["application/json"] = new OpenApiMediaType { Schema = Envelope(types) },
                ["application/problem+json"] = new OpenApiMediaType { Schema = Problem(types) },
            },
        };
    }

    private OpenApiSchema Envelope(IReadOnlyList<ErrorType> types) => Narrowed(_failure.Value, "error", new OpenApiSchema
    {
        Type = JsonSchemaType.Object,
        Properties = new Dictionary<string, IOpenApiSchema> { ["type"] = new OpenApiSchema { Enum = [.. types.Select(type => (JsonNode)type.Name)] } },
    });

    private OpenApiSchema Problem(IReadOnlyList<ErrorType> types) =>
        Narrowed(_problem.Value, "type", new OpenApiSchema { Enum = [.. types.Select(type => (JsonNode)type.Uri)] });

    private static OpenApiSchema Narrowed(IOpenApiSchema general, string property, OpenApiSchema narrower) => new()
    {
        AllOf = [general, new OpenApiSchema { Type = JsonSchemaType.Object, Properties = new Dictionary<string, IOpenApiSchema> { [property] = narrower } }],
    };

    private readonly Lazy<IOpenApiSchema> _failure = new(() => Component(document, "Failure", new OpenApiSchema
    {
        Type = JsonSchemaType.Object,
        Description = "A failure.",
        Properties = With(Origin(), new Dictionary<string, IOpenApiSchema>
        {
            ["success"] = new OpenApiSchema { Type = JsonSchemaType.Boolean, Enum = [false], Description = "False." },
            ["error"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                Description = "What failed.",
                Properties = With(Details(), new Dictionary<string, IOpenApiSchema>
                {
                    ["type"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "The kind of failure." },
                    ["message"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "The problem and what was expected, for people." },
                }),
                Required = new HashSet<string> { "type", "message" },
            },
        }),
        Required = new HashSet<string> { "success", "error", "timestamp", "request_id" },
    }));

    private readonly Lazy<IOpenApiSchema> _problem = new(() => Component(document, "Problem", new OpenApiSchema
    {
        Type = JsonSchemaType.Object,
        Description = "A failure as RFC 9457 describes it, for callers that accept it.",
        Properties = With(With(Origin(), Details()), new Dictionary<string, IOpenApiSchema>
        {
            ["type"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "A URI: urn:flowquota:error: and the kind of failure." },
            ["title"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "What the kind of failure means; it never changes." },
            ["status"] = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32", Description = "The HTTP status." },
            ["detail"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "The problem and what was expected, for people." },
        }),
        Required = new HashSet<string> { "type", "title", "status", "detail", "timestamp", "request_id" },
    }));

    private static Dictionary<string, IOpenApiSchema> Origin() => new()
    {
        ["timestamp"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "When the response was made." },
        ["request_id"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "The id of the request." },
        ["original_request_id"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "The first request under the same key; left out unless this is a repeat." },
    };

    private static Dictionary<string, IOpenApiSchema> Details() => new()
    {
        ["reserved_quota"] = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32", Description = "Units that reservations hold; left out if there are none." },
        ["stack"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "Where the code of an execute failed; left out if it is not known." },
    };

    private static Dictionary<string, IOpenApiSchema> With(Dictionary<string, IOpenApiSchema> properties, Dictionary<string, IOpenApiSchema> more) =>
        properties.Concat(more).ToDictionary();

    private void AddAllowance(Dictionary<string, IOpenApiHeader> headers)
    {
        headers["RateLimit-Policy"] = Header("RateLimit-Policy", "The limits of the token, an item for each: permin, burst, quota.");
        headers["RateLimit"] = Header("RateLimit", "What is left of each limit, and the seconds until it is reset.");
        headers["X-RateLimit-Limit"] = Header("X-RateLimit-Limit", "For older clients: calls in the window.");
        headers["X-RateLimit-Remaining"] = Header("X-RateLimit-Remaining", "For older clients: calls left in the window.");
        headers["X-RateLimit-Reset"] = Header("X-RateLimit-Reset", "For older clients: when the window ends, a Unix time in seconds.");
    }

    private OpenApiHeaderReference Header(string name, string description)
    {
        if (document.Components?.Headers?.ContainsKey(name) != true)
            document.AddComponent(name, new OpenApiHeader { Description = description, Schema = new OpenApiSchema { Type = JsonSchemaType.String } });
        return new OpenApiHeaderReference(name, document);
    }

    private static OpenApiParameterReference Component(OpenApiDocument document, string name, OpenApiParameter parameter)
    {
        document.AddComponent(name, parameter);
        return new OpenApiParameterReference(name, document);
    }

    private static OpenApiSchemaReference Component(OpenApiDocument document, string name, OpenApiSchema schema)
    {
        document.AddComponent(name, schema);
        return new OpenApiSchemaReference(name, document);
    }
}
