using FlowQuota.Sql;
using FlowQuota.Tokens;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace FlowQuota.Tests.Apps;

/// <summary>A token store that runs other code each time a change was begun.</summary>
public sealed class InterposedTokenStore(ITokenStore store, Func<Task> afterBegin) : ITokenStore
{
    public async Task<AccessToken?> TryBeginChangeAsync(
        TokenRequest request, AccessToken token, bool changesTerms, CancellationToken cancellationToken)
    {
        var begun = await store.TryBeginChangeAsync(request, token, changesTerms, cancellationToken);
        await afterBegin();
        return begun;
    }

    public Task<AccessToken> CreateAsync(AccessToken token, string requestId, CancellationToken cancellationToken) =>
        store.CreateAsync(token, requestId, cancellationToken);

    public Task<AccessToken?> TryCreateAsync(TokenRequest request, AccessToken token, string result, CancellationToken cancellationToken) =>
        store.TryCreateAsync(request, token, result, cancellationToken);

    public Task<AccessToken?> FindAsync(string tokenId, CancellationToken cancellationToken) => store.FindAsync(tokenId, cancellationToken);

    public Task<IReadOnlyList<AccessToken>> FindAsync(IReadOnlyCollection<string> tokenIds, CancellationToken cancellationToken) =>
        store.FindAsync(tokenIds, cancellationToken);

    public Task<TokenPage> SearchAsync(TokenQuery query, CancellationToken cancellationToken) => store.SearchAsync(query, cancellationToken);

    public Task<TokenSlice> ScanAsync(TokenScan scan, CancellationToken cancellationToken) => store.ScanAsync(scan, cancellationToken);

    public Task<RememberedRequest?> FindRequestAsync(TokenRequest request, CancellationToken cancellationToken) =>
        store.FindRequestAsync(request, cancellationToken);

    public Task FinishRequestAsync(TokenRequest request, string result) => store.FinishRequestAsync(request, result);

    public Task ForgetRequestAsync(TokenRequest request) => store.ForgetRequestAsync(request);

    public Task<AccessToken?> TryUpdateTermsAsync(AccessToken token, CancellationToken cancellationToken) =>
        store.TryUpdateTermsAsync(token, cancellationToken);

    public Task<bool> DeleteAsync(TokenRequest request, CancellationToken cancellationToken) => store.DeleteAsync(request, cancellationToken);

    public Task<ColdToken?> TakeEpochAsync(string tokenId, int seenEpoch, CancellationToken cancellationToken) =>
        store.TakeEpochAsync(tokenId, seenEpoch, cancellationToken);

    /// <summary>Replaces an instance's token store.</summary>
    public static void Replace(IServiceCollection services, Func<Task> afterBegin) =>
        services.Replace(ServiceDescriptor.Singleton<ITokenStore>(
            provider => new InterposedTokenStore(ActivatorUtilities.CreateInstance<SqlTokenStore>(provider), afterBegin)));
}
