using FlowQuota.Functions.Http;
using FlowQuota.Tokens;
using Microsoft.AspNetCore.Http;

namespace FlowQuota.Functions.Tokens;

/// <summary>Finds which token an admin means: a full token or a public id, in the path or the query.</summary>
internal static class TokenRoute
{
    /// <summary>The public id.</summary>
    /// <exception cref="ProblemException">404: it is malformed or forged, so there is no such token.</exception>
    public static string Id(TokenCodec codec, string tokenOrId) => codec.ReadId(tokenOrId) ?? throw NotFound();

    public static ProblemException NotFound() =>
        new(StatusCodes.Status404NotFound, ErrorType.NotFound, "There is no such token.");
}
