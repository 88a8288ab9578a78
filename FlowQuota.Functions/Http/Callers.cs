using System.Runtime.CompilerServices;
using FlowQuota.Tokens;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace FlowQuota.Functions.Http;

/// <summary>Finds who calls, by the token that a request presents.</summary>
/// <remarks>
/// Kestrel gives a header that stays the same from one request of a connection to the next as the same object, and for as
/// long as it does, this knows what that was found to be. The key is the object, not its text: no secret is kept here, and
/// none stays longer in memory than the server keeps it anyway.
/// </remarks>
public sealed class Callers(TokenCodec codec)
{
    private readonly ConditionalWeakTable<string, PresentedToken> _known = [];

    /// <summary>The token of a request; null where it presents none, or one that cannot be.</summary>
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
