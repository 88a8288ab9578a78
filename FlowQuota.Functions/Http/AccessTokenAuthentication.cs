using System.Runtime.CompilerServices;
using FlowQuota.Tokens;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace FlowQuota.Functions.Http;

/// <summary>Finds the token that a request presents.</summary>
/// <remarks>
/// Kestrel reuses the header string when it is unchanged between requests on a connection, so the parsed token is cached by
/// reference. No secret is copied, and none stays in memory longer than the server keeps it.
/// </remarks>
public sealed class AccessTokenAuthentication(TokenCodec codec)
{
    private readonly ConditionalWeakTable<string, PresentedToken> _known = [];

    /// <summary>The token of a request; null if it presents none, or one that is malformed or forged.</summary>
    public PresentedToken? Of(HttpRequest request)
    {
        string? header = request.Headers[HeaderNames.Authorization];
        if (header is not null && _known.TryGetValue(header, out var known))
            return known;
        var token = codec.Read(Credentials.AccessToken(request));
        if (token is not null && Credentials.Bearer(request) is not null)
            _known.AddOrUpdate(header!, token);
        return token;
    }
}
