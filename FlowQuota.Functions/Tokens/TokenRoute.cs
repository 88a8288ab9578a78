using FlowQuota.Functions.Http;
using FlowQuota.Tokens;
using Microsoft.AspNetCore.Http;

namespace FlowQuota.Functions.Tokens;

/// <summary>Finds the token that an admin names: a full token or a public id, in the path, the query or the body.</summary>
internal static class TokenRoute
{
    private const string Parameter = "token";

    /// <summary>The public id of the token in the path, <c>{token}</c> in the route.</summary>
    /// <exception cref="ProblemException">404: the token is malformed or forged.</exception>
    public static string Id(TokenCodec codec, HttpRequest request) => Id(codec, (string)request.RouteValues[Parameter]!);

    /// <summary>The public id.</summary>
    /// <exception cref="ProblemException">404: the token is malformed or forged.</exception>
    public static string Id(TokenCodec codec, string tokenOrId) => codec.ReadId(tokenOrId) ?? throw NotFound();

    public static ProblemException NotFound() =>
        new(StatusCodes.Status404NotFound, ErrorType.NotFound, "There is no such token.");
}
