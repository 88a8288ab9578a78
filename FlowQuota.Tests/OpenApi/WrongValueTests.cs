using System.Text.Json.Nodes;
using FlowQuota.Functions.Http;
using FlowQuota.Functions.Requests;
using FlowQuota.OpenApi;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Contract;
using Xunit;

namespace FlowQuota.Tests.OpenApi;

/// <summary>Each field that an operation describes is checked by it, whether or not the request needs it.</summary>
[Collection(ContractTests.Name)]
public sealed class WrongValueTests(EmbeddedContractApp shared)
{
    private readonly TestApp _app = shared.App;

    [Fact]
    public async Task A_wrong_query_parameter_is_a_400_that_names_it_on_every_operation()
    {
        var token = await _app.CreateTokenAsync();
        int tried = 0;
        foreach (var (_, trigger, operation) in DescribedOperation.ReadAll().Where(described => described.Operation.Query.Any()))
        {
            foreach (var field in operation.Query)
            {
                var answer = await SendAsync(trigger.Methods?[0] ?? "get", $"{RoutePath.Of(trigger.Route!, token)}?{field.Name}={WrongText(field)}", operation, token, body: null);
                AssertNames(answer, operation, field.Name);
                tried++;
            }
        }

        Assert.InRange(tried, 30, int.MaxValue);
    }

    [Fact]
    public async Task A_wrong_field_of_a_body_is_a_400_that_names_it_on_every_operation()
    {
        var token = await _app.CreateTokenAsync();
        int tried = 0;
        foreach (var (_, trigger, operation) in DescribedOperation.ReadAll().Where(described => described.Operation.Body is not null))
        {
            // Input is any JSON.
            foreach (var field in operation.Body!.Fields.Where(field => field is not JsonField { MaxObjectBytes: null }))
            {
                var body = JsonNode.Parse(operation.Body.Example)!.AsObject();
                body[field.Name] = field is ObjectField or JsonField ? new JsonArray() : new JsonObject();
                // Only one of the two names of the code may be given.
                if (field.Name == "codebase64")
                    body.Remove("code_base64");
                AssertNames(await SendAsync(trigger.Methods![0], RoutePath.Of(trigger.Route!, token), operation, token, body.ToJsonString()), operation, field.Name);
                tried++;
            }
        }

        Assert.InRange(tried, 30, int.MaxValue);
    }

    private static void AssertNames(TestAnswer answer, Operation operation, string field)
    {
        Assert.True(answer.Status == 400 && answer.ErrorMessage!.StartsWith(field + " ", StringComparison.Ordinal), $"{operation.Function} with a wrong {field}: {answer.Body}");
    }

    private static string WrongText(Field field) => field switch
    {
        NumberField number => $"{number.Max + 1L}",
        TextField text => new string('x', text.MaxLength + 1),
        StringListField => "not%20a%20tag",
        _ => "not!such",
    };

    private Task<TestAnswer> SendAsync(string method, string path, Operation operation, TestToken token, string? body) =>
        _app.SendAsync(new HttpMethod(method.ToUpperInvariant()), path, operation.Access == Access.Admin ? TestApp.AdminToken : token.Full, body);
}
