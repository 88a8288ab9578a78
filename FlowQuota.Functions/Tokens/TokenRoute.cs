using FlowQuota.Functions.Http;
using FlowQuota.Functions.Requests;
using FlowQuota.Tokens;
using Microsoft.AspNetCore.Http;

namespace FlowQuota.Functions.Tokens;

/// <summary>Finds the token that an admin names: a full token or a public id, in the path, the query or the body.</summary>
internal static class TokenRoute
{
    /// <summary>The parameter in the path.</summary>
    public static readonly StringField Field = new("token", "A public id, flow_ and 24 characters, or a full token. Take the id, because proxies log URLs.");

    /// <summary>The public id of the token in the path, <c>{token}</c> in the route.</summary>
    /// <exception cref="ProblemException">404: the token is malformed or forged.</exception>
    public static string Id(TokenCodec codec, HttpRequest request) => Id(codec, (string)request.RouteValues[Field.Name]!);

    /// <summary>The public id.</summary>
    /// <exception cref="ProblemException">404: the token is malformed or forged.</exception>
    public static string Id(TokenCodec codec, string tokenOrId) => codec.ReadId(tokenOrId) ?? throw NotFound();

    public static ProblemException NotFound() =>
        new(ErrorType.NotFound, "There is no such token.");
}
