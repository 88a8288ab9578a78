using FlowQuota.Sql;
using FlowQuota.Tokens;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace FlowQuota.Tests.Apps;

/// <summary>A token store whose reads can be held between SQL's reply and the caller, like those of a slow instance.</summary>
public sealed class GatedTokenStore(ITokenStore store) : ITokenStore, IDisposable
{
    private readonly SemaphoreSlim _reached = new(0);
    private readonly SemaphoreSlim _open = new(0);
    private int _epochsTaken;
    private volatile bool _isClosed;

    /// <summary>How many epochs were taken, which is how often a cold token was read.</summary>
    public int EpochsTaken => _epochsTaken;

    /// <summary>From now on reads stop at the gate, after they have read.</summary>
    public void Close() => _isClosed = true;

    /// <summary>Waits until a read is at the gate.</summary>
    public async Task ReachedAsync()
    {
        if (!await _reached.WaitAsync(TimeSpan.FromSeconds(30)))
            throw new TimeoutException("Nothing came to the gate.");
    }

    /// <summary>Releases the reads at the gate, and lets later ones pass.</summary>
    public void Open()
    {
        _isClosed = false;
        _open.Release(1000);
    }

    public async Task<ColdToken?> TakeEpochAsync(string tokenId, int seenEpoch, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _epochsTaken);
        return await PassAsync(await store.TakeEpochAsync(tokenId, seenEpoch, cancellationToken));
    }

    public async Task<AccessToken?> FindAsync(string tokenId, CancellationToken cancellationToken) =>
        await PassAsync(await store.FindAsync(tokenId, cancellationToken));

    public async Task<IReadOnlyList<AccessToken>> FindAsync(IReadOnlyCollection<string> tokenIds, CancellationToken cancellationToken) =>
        await PassAsync(await store.FindAsync(tokenIds, cancellationToken));

    public Task<AccessToken> CreateAsync(AccessToken token, string requestId, CancellationToken cancellationToken) =>
        store.CreateAsync(token, requestId, cancellationToken);

    public Task<AccessToken?> TryCreateAsync(TokenRequest request, AccessToken token, string result, CancellationToken cancellationToken) =>
        store.TryCreateAsync(request, token, result, cancellationToken);

    public Task<TokenPage> SearchAsync(TokenQuery query, CancellationToken cancellationToken) => store.SearchAsync(query, cancellationToken);

    public Task<TokenSlice> ScanAsync(TokenScan scan, CancellationToken cancellationToken) => store.ScanAsync(scan, cancellationToken);

    public Task<AccessToken?> TryUpdateTermsAsync(AccessToken token, CancellationToken cancellationToken) =>
        store.TryUpdateTermsAsync(token, cancellationToken);

    public Task<RememberedRequest?> FindRequestAsync(TokenRequest request, CancellationToken cancellationToken) =>
        store.FindRequestAsync(request, cancellationToken);

    public Task<AccessToken?> TryBeginChangeAsync(
        TokenRequest request, AccessToken token, bool changesTerms, CancellationToken cancellationToken) =>
        store.TryBeginChangeAsync(request, token, changesTerms, cancellationToken);

    public Task FinishRequestAsync(TokenRequest request, string result) => store.FinishRequestAsync(request, result);

    public Task ForgetRequestAsync(TokenRequest request) => store.ForgetRequestAsync(request);

    public Task<bool> DeleteAsync(TokenRequest request, CancellationToken cancellationToken) => store.DeleteAsync(request, cancellationToken);

    public void Dispose()
    {
        _reached.Dispose();
        _open.Dispose();
    }

    /// <summary>Replaces an instance's token store; find it by <c>(GatedTokenStore)domain.Tokens</c>.</summary>
    public static void Replace(IServiceCollection services) =>
        services.Replace(ServiceDescriptor.Singleton<ITokenStore>(
            provider => new GatedTokenStore(ActivatorUtilities.CreateInstance<SqlTokenStore>(provider))));

    private async Task<T> PassAsync<T>(T read)
    {
        if (_isClosed)
        {
            _reached.Release();
            await _open.WaitAsync();
        }

        return read;
    }
}
