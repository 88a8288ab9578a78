using FlowQuota.Sql;
using FlowQuota.Tokens;

namespace FlowQuota.Tests.Simulation;

/// <summary>The real token store, with a <see cref="CutPoint"/> behind the read of a cold load.</summary>
internal sealed class CutTokenStore(SqlTokenStore store, CutPoint cut) : ITokenStore
{
    public Task<ColdToken?> TakeEpochAsync(string tokenId, int seenEpoch, CancellationToken cancellationToken) =>
        cut.LoadAsync(() => store.TakeEpochAsync(tokenId, seenEpoch, cancellationToken));

    public Task<AccessToken?> FindAsync(string tokenId, CancellationToken cancellationToken) => store.FindAsync(tokenId, cancellationToken);

    public Task<IReadOnlyList<AccessToken>> FindAsync(IReadOnlyCollection<string> tokenIds, CancellationToken cancellationToken) =>
        store.FindAsync(tokenIds, cancellationToken);

    public Task<AccessToken> CreateAsync(AccessToken token, string requestId, CancellationToken cancellationToken) =>
        store.CreateAsync(token, requestId, cancellationToken);

    public Task<AccessToken?> TryCreateAsync(TokenRequest request, AccessToken token, string result, CancellationToken cancellationToken) =>
        store.TryCreateAsync(request, token, result, cancellationToken);

    public Task<TokenPage> SearchAsync(TokenQuery query, CancellationToken cancellationToken) => store.SearchAsync(query, cancellationToken);

    public Task<TokenSlice> ScanAsync(TokenScan scan, CancellationToken cancellationToken) => store.ScanAsync(scan, cancellationToken);

    public Task<RememberedRequest?> FindRequestAsync(TokenRequest request, CancellationToken cancellationToken) =>
        store.FindRequestAsync(request, cancellationToken);

    public Task<AccessToken?> TryBeginChangeAsync(
        TokenRequest request, AccessToken token, bool changesTerms, CancellationToken cancellationToken) =>
        store.TryBeginChangeAsync(request, token, changesTerms, cancellationToken);

    public Task FinishRequestAsync(TokenRequest request, string result) => store.FinishRequestAsync(request, result);

    public Task ForgetRequestAsync(TokenRequest request) => store.ForgetRequestAsync(request);

    public Task<AccessToken?> TryUpdateTermsAsync(AccessToken token, CancellationToken cancellationToken) =>
        store.TryUpdateTermsAsync(token, cancellationToken);

    public Task<bool> DeleteAsync(TokenRequest request, CancellationToken cancellationToken) => store.DeleteAsync(request, cancellationToken);
}
