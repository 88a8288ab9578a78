using System.Runtime.CompilerServices;
using System.Text.Json;
using FlowQuota.Client.Transport;
using FlowQuota.Client.Transport.Bodies;

namespace FlowQuota.Client.Administration;

/// <summary>Creates, finds, changes, rotates and deletes tokens. Safe for any number of threads; keeps no state.</summary>
/// <remarks>
/// Each change is applied once, however often it is repeated: all its tries share a key. Instead of a token's public id the full token may be
/// given; its secret is not sent. A <see cref="FlowQuotaException"/> is thrown if there is no response, if the stores are
/// unavailable (<see cref="FlowQuotaException.IsTransient"/>), if the admin token is not good (401), if there is no such token (404), and if
/// the request is wrong (400, 422).
/// </remarks>
public sealed class FlowQuotaAdminClient
{
    private readonly FlowQuotaConnection _connection;
    private readonly string? _token;

    /// <summary>Makes a client. <c>AddFlowQuota</c> registers one that is ready.</summary>
    /// <param name="http">Sends the requests; see <see cref="FlowQuotaClient"/>.</param>
    /// <param name="options">Address, admin token and retries; later changes have no effect.</param>
    /// <param name="time">Measures pauses and limits; null = the system's time.</param>
    /// <exception cref="ArgumentException">The address, the token or a limit is wrong.</exception>
    public FlowQuotaAdminClient(HttpClient http, FlowQuotaOptions options, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(http);
        ArgumentNullException.ThrowIfNull(options);
        _connection = new FlowQuotaConnection(http, options.BaseAddress, options.Retry, time ?? TimeProvider.System);
        _token = options.AdminToken is { } token ? ApiText.Token(token, nameof(options)) : null;
    }

    /// <summary>Creates a token.</summary>
    /// <param name="token">The token.</param>
    /// <param name="idempotencyKey">The key of this creation; null = a new one.</param>
    /// <param name="cancellationToken">Ends the call, also between two tries. The token may have been created.</param>
    /// <exception cref="FlowQuotaException">See the remarks of the class.</exception>
    public Task<IssuedToken> CreateTokenAsync(NewToken token, string? idempotencyKey = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(token);
        return IssueAsync("flow/tokens", TokenBody.Of(token), idempotencyKey, cancellationToken);
    }

    /// <summary>Finds tokens, page by page as they are read, also among millions.</summary>
    /// <param name="filter">Which; null = all.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="FlowQuotaException">See the remarks of the class.</exception>
    public async IAsyncEnumerable<Token> FindTokensAsync(
        TokenFilter? filter = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        filter ??= new TokenFilter();
        string? cursor = "";
        while (cursor is not null)
        {
            var reply = await SendAsync(HttpMethod.Get, filter.Page(cursor), null, null, cancellationToken).ConfigureAwait(false);
            var page = reply.Data(ClientJson.Default.TokenPage);
            foreach (var token in page.Tokens)
                yield return token;
            cursor = page.NextCursor;
        }
    }

    /// <summary>A token; null if there is none of this id.</summary>
    /// <param name="token">Its public id.</param>
    /// <param name="cancellationToken">Ends the call, also between two tries.</param>
    /// <exception cref="FlowQuotaException">See the remarks of the class.</exception>
    public async Task<Token?> FindTokenAsync(string token, CancellationToken cancellationToken = default)
    {
        string id = ApiText.TokenSegment(token, nameof(token));
        var reply = await SendAsync(HttpMethod.Get, $"flow/tokens?token={id}", null, null, cancellationToken).ConfigureAwait(false);
        return reply.Data(ClientJson.Default.TokenPage).Tokens.SingleOrDefault();
    }

    /// <summary>Changes a token. When the task ends, the change is in force on every instance of the service.</summary>
    /// <param name="token">Its public id.</param>
    /// <param name="change">The change.</param>
    /// <param name="idempotencyKey">The key of this change; null = a new one.</param>
    /// <param name="cancellationToken">Ends the call, also between two tries. The change may have been made.</param>
    /// <exception cref="FlowQuotaException">See the remarks of the class.</exception>
    public async Task<Token> ChangeTokenAsync(
        string token, TokenChange change, string? idempotencyKey = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(change);
        var reply = await SendAsync(HttpMethod.Put, PathOf(token), TokenBody.Of(change), ApiText.Key(idempotencyKey), cancellationToken).ConfigureAwait(false);
        return reply.Data(ClientJson.Default.Token);
    }

    /// <summary>Adds units to the quota of a token.</summary>
    /// <param name="token">Its public id.</param>
    /// <param name="amount">Units, 1 or more.</param>
    /// <param name="idempotencyKey">The key of this change, for example that of the payment; null = a new one.</param>
    /// <param name="cancellationToken">Ends the call, also between two tries. The units may have been added.</param>
    /// <exception cref="FlowQuotaException">See the remarks of the class.</exception>
    public Task<Token> RechargeAsync(string token, int amount, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        ChangeTokenAsync(token, new TokenChange { QuotaOperation = QuotaOperation.Add, QuotaAmount = amount }, idempotencyKey, cancellationToken);

    /// <summary>Gives a token a new secret under the same id.</summary>
    /// <param name="token">Its public id.</param>
    /// <param name="grace">How long the present secret stays good besides: whole seconds up to 30 days; null = not at all.</param>
    /// <param name="idempotencyKey">The key of this rotation; null = a new one.</param>
    /// <param name="cancellationToken">Ends the call, also between two tries. The token may have been rotated.</param>
    /// <exception cref="FlowQuotaException">See the remarks of the class.</exception>
    public Task<IssuedToken> RotateTokenAsync(
        string token, TimeSpan? grace = null, string? idempotencyKey = null, CancellationToken cancellationToken = default)
    {
        var body = new RotateBody((int)(grace ?? TimeSpan.Zero).TotalSeconds);
        return IssueAsync($"{PathOf(token)}/rotate", JsonSerializer.SerializeToUtf8Bytes(body, ClientJson.Default.RotateBody), idempotencyKey, cancellationToken);
    }

    /// <summary>Deletes a token. Its log rows stay until retention removes them.</summary>
    /// <param name="token">Its public id.</param>
    /// <param name="cancellationToken">Ends the call, also between two tries. The token may have been deleted.</param>
    /// <exception cref="FlowQuotaException">See the remarks of the class.</exception>
    public async Task DeleteTokenAsync(string token, CancellationToken cancellationToken = default)
    {
        // Applied once for its request id, which all tries share.
        var reply = await SendAsync(HttpMethod.Delete, PathOf(token), null, null, cancellationToken).ConfigureAwait(false);
        reply.Data(ClientJson.Default.DeletedData);
    }

    private static string PathOf(string token) => $"flow/tokens/{ApiText.TokenSegment(token, nameof(token))}";

    private async Task<IssuedToken> IssueAsync(string path, byte[] body, string? idempotencyKey, CancellationToken cancellationToken)
    {
        var reply = await SendAsync(HttpMethod.Post, path, body, ApiText.Key(idempotencyKey), cancellationToken).ConfigureAwait(false);
        return new IssuedToken(reply.Data(ClientJson.Default.Token), reply.Data(ClientJson.Default.IssuedData).AccessToken);
    }

    private Task<Reply> SendAsync(HttpMethod method, string path, byte[]? body, string? idempotencyKey, CancellationToken cancellationToken)
    {
        string token = _token ?? throw new InvalidOperationException(
            $"There is no admin token: set {nameof(FlowQuotaOptions)}.{nameof(FlowQuotaOptions.AdminToken)}.");
        return _connection.SendAsync(new Call(method, path, token) { Body = body, IdempotencyKey = idempotencyKey }, cancellationToken);
    }
}
