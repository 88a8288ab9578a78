using System.Globalization;
using System.Text.Json.Nodes;
using FlowQuota.Functions.Http;
using FlowQuota.Functions.Requests;
using Microsoft.OpenApi;

namespace FlowQuota.OpenApi;

/// <summary>Makes the OpenAPI document of the API.</summary>
internal sealed class ApiDocument
{
    private const string TokenScheme = "accessToken";
    private const string AdminScheme = "adminToken";

    private readonly OpenApiDocument _document = new()
    {
        Info = new OpenApiInfo
        {
            Title = "FlowQuota",
            Version = typeof(Operation).Assembly.GetName().Version!.ToString(3),
            Description =
                "Issues access tokens with a quota and rate limits, and meters calls. docs/api.md explains it all. Each path with GET has HEAD. "
                + "Times are `yyyy-MM-dd HH:mm:ss` in the zone of FLOW_TIME_ZONE unless a field says otherwise.",
            License = new OpenApiLicense { Name = "MIT", Identifier = "MIT" },
        },
        // Relative to the document, because a proxy may serve both under a path of its own.
        Servers = [new OpenApiServer { Url = "..", Description = "The service that has this document." }],
        Paths = [],
    };

    private readonly XmlDocs _docs = new(typeof(Operation).Assembly);
    private readonly TypeSchemas _types;
    private readonly CommonParts _common;

    private ApiDocument()
    {
        _types = new TypeSchemas(_document, _docs);
        _common = new CommonParts(_document);
    }

    /// <summary>The document, as JSON.</summary>
    /// <exception cref="InvalidOperationException">A route or a field has no description.</exception>
    public static async Task<string> WriteAsync()
    {
        var made = new ApiDocument();
        made.AddSecurity();
        foreach (var operation in DescribedOperation.ReadAll())
            made.Add(operation);
        return await made._document.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1) + "\n";
    }

    private void AddSecurity()
    {
        AddScheme(TokenScheme, "An access token. The headers accessToken and access-token are accepted, too.");
        AddScheme(AdminScheme, "An admin token, of ADMIN_TOKENS.");
    }

    private void AddScheme(string name, string description) =>
        _document.AddComponent(name, new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = description });

    private void Add(DescribedOperation described)
    {
        // A path that may go on ({*path}) is written with and without the rest.
        string path = "/" + described.Trigger.Route;
        int rest = path.IndexOf("/{*", StringComparison.Ordinal);
        string[] methods = described.Trigger.Methods ?? ["get"];
        foreach (string method in methods.Where(method => method != "head"))
        {
            if (rest >= 0)
                Add(path[..rest], method, described, described.Operation with { Path = [] }, suffix: "");
            Add(path.Replace("{*", "{", StringComparison.Ordinal), method, described, described.Operation, suffix: rest >= 0 ? "Path" : "");
        }
    }

    private void Add(string path, string method, DescribedOperation described, Operation operation, string suffix)
    {
        string tag = described.Method.DeclaringType!.Namespace!.Split('.')[^1];
        _document.Tags ??= new HashSet<OpenApiTag>();
        _document.Tags.Add(new OpenApiTag { Name = tag, Description = TagDescriptions.Of(tag) });
        if (!_document.Paths.TryGetValue(path, out var item))
            _document.Paths.Add(path, item = new OpenApiPathItem());
        ((OpenApiPathItem)item).AddOperation(HttpMethod.Parse(method), new OpenApiOperation
        {
            OperationId = char.ToLowerInvariant(operation.Function[0]) + operation.Function[1..] + suffix,
            Summary = _docs.Of(described.Method),
            Tags = new HashSet<OpenApiTagReference> { new(tag, _document) },
            Security = Security(operation),
            Parameters = [.. Parameters(operation)],
            RequestBody = operation.Body is { } body ? Body(body) : null,
            Responses = Responses(operation, method),
        });
    }

    private List<OpenApiSecurityRequirement> Security(Operation operation)
    {
        // The reports are for both: an admin names a token, a holder has its own.
        bool isForBoth = operation.Query.Names.Contains("token");
        return operation.Access switch
        {
            Access.Anyone => [],
            Access.Admin => [Requirement(AdminScheme)],
            _ => isForBoth ? [Requirement(TokenScheme), Requirement(AdminScheme)] : [Requirement(TokenScheme)],
        };
    }

    private OpenApiSecurityRequirement Requirement(string scheme) => new() { [new OpenApiSecuritySchemeReference(scheme, _document)] = [] };

    private IEnumerable<IOpenApiParameter> Parameters(Operation operation) =>
    [
        .. operation.Path.Select(field => Parameter(field, ParameterLocation.Path)),
        .. operation.Query.Select(field => Parameter(field, ParameterLocation.Query)),
        _common.RequestId,
        .. operation.TakesKey ? [_common.IdempotencyKey] : Array.Empty<IOpenApiParameter>(),
    ];

    private static OpenApiParameter Parameter(Field field, ParameterLocation location) => new()
    {
        Name = field.Name,
        In = location,
        Description = field.Description,
        Required = location == ParameterLocation.Path || field.IsRequired,
        Schema = FieldSchemas.Of(field),
    };

    private static OpenApiRequestBody Body(RequestBody body) => new()
    {
        Required = !body.MayBeEmpty,
        Description = body.MaxBytes is { } bytes
            ? string.Create(CultureInfo.InvariantCulture, $"At most {bytes} bytes.")
            : "At most EXECUTE_MAX_BODY_BYTES.",
        Content = new Dictionary<string, IOpenApiMediaType>
        {
            ["application/json"] = new OpenApiMediaType { Schema = FieldSchemas.Of(body.Fields), Example = JsonNode.Parse(body.Example) },
        },
    };

    private OpenApiResponses Responses(Operation operation, string method)
    {
        var content = operation.Response!;
        OpenApiResponses responses = new()
        {
            ["200"] = new OpenApiResponse
            {
                Description = content.Description,
                Headers = _common.Headers(operation),
                Content = content.Type is null ? null : content.MediaTypes.ToDictionary(type => type, type => (IOpenApiMediaType)MediaType(content, type)),
            },
        };
        foreach (var ofStatus in OperationErrors.Of(operation, method).GroupBy(error => error.Status).OrderBy(group => group.Key))
            responses.Add(ofStatus.Key.ToString(CultureInfo.InvariantCulture), _common.Failure([.. ofStatus]));
        return responses;
    }

    private OpenApiMediaType MediaType(ResponseContent content, string type)
    {
        if (type == "text/csv")
            return new OpenApiMediaType { Schema = new OpenApiSchema { Type = JsonSchemaType.String, Description = "A line of names, then a line for each row." } };
        if (type == "application/x-ndjson")
            return new OpenApiMediaType { Schema = new OpenApiSchema { Type = JsonSchemaType.String, Description = $"A JSON object in each line, as {_types.Of(content.Type!).Reference.Id} describes it." } };
        IOpenApiSchema schema = _types.Of(content.Type!);
        if (content.OtherType is { } other)
            schema = new OpenApiSchema { AnyOf = [schema, _types.Of(other)] };
        return new OpenApiMediaType { Schema = _common.Envelope(schema, content.IsInEnvelope) };
    }
}
