using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using FlowQuota.Client.Transport;
using FlowQuota.Client.Transport.Bodies;

namespace FlowQuota.Client;

/// <summary>The calls of a token's holder. Safe for any number of threads; keeps no state.</summary>
/// <remarks>
/// <para>
/// Each call that takes something goes under an idempotency key, which all its tries share, so that it is charged once whatever is
/// lost on the way. A key of the caller's own, 1-128 of <c>A-Za-z0-9._:~-</c>, also covers repeats after the process died: use it for
/// one call and never again. The service remembers it for a day.
/// </para>
/// <para>
/// A call that the quota or the rate limit refuses is a result. A <see cref="FlowQuotaException"/> is thrown if there is no response,
/// if FlowQuota cannot decide (<see cref="FlowQuotaException.IsTransient"/>), if the token is not good (401), and if the request is wrong:
/// a value out of its range (400), no such reservation (404), or a key that belongs to another call (422).
/// </para>
/// </remarks>
public sealed class FlowQuotaClient
{
    // Code that is no text must not become other code.
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly FlowQuotaConnection _connection;
    private readonly string? _token;

    /// <summary>Makes a client. <c>AddFlowQuota</c> registers one that is ready.</summary>
    /// <param name="http">
    /// Sends the requests. It may be shared, also by clients of other tokens: neither its address nor its headers are used or changed. Its
    /// timeout should be infinite, because <see cref="FlowQuotaRetryOptions"/> has those of a call.
    /// </param>
    /// <param name="options">Address, token and retries; later changes have no effect.</param>
    /// <param name="time">Measures pauses and limits; null = the system's time.</param>
    /// <exception cref="ArgumentException">The address, the token or a limit is wrong.</exception>
    public FlowQuotaClient(HttpClient http, FlowQuotaOptions options, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(http);
        ArgumentNullException.ThrowIfNull(options);
        _connection = new FlowQuotaConnection(http, options.BaseAddress, options.Retry, time ?? TimeProvider.System);
        _token = options.AccessToken is { } token ? ApiText.Token(token, nameof(options)) : null;
    }

    private FlowQuotaClient(FlowQuotaConnection connection, string token)
    {
        (_connection, _token) = (connection, token);
    }

    /// <summary>A client of another token, over the same connections. It costs nothing to make.</summary>
    /// <param name="accessToken">The full token.</param>
    /// <exception cref="ArgumentException">It has other characters than a token may have.</exception>
    public FlowQuotaClient WithAccessToken(string accessToken) => new(_connection, ApiText.Token(accessToken, nameof(accessToken)));

    /// <summary>Takes units, all or none. Counts as one call for the rate limit.</summary>
    /// <param name="cost">Units, 1-1,000,000.</param>
    /// <param name="meter">A label for what was used, 1-64 of <c>A-Za-z0-9._-</c>; null = none.</param>
    /// <param name="idempotencyKey">The key of this call; null = a new one.</param>
    /// <param name="cancellationToken">Ends the call, also between two tries. It may have been charged.</param>
    /// <exception cref="FlowQuotaException">See the remarks of the class.</exception>
    public async Task<ConsumeResult> ConsumeAsync(
        int cost = 1, string? meter = null, string? idempotencyKey = null, CancellationToken cancellationToken = default)
    {
        var reply = await PostAsync("flow/consume", new ConsumeBody(cost, meter), ClientJson.Default.ConsumeBody, idempotencyKey, cancellationToken)
            .ConfigureAwait(false);
        if (reply.Refusal is { } refusal)
            return new ConsumeResult { RequestId = reply.RequestId, Refusal = refusal };
        var left = reply.Data(ClientJson.Default.BalanceData);
        return new ConsumeResult
        {
            RequestId = reply.RequestId,
            IsReplayed = reply.IsReplayed,
            TotalQuota = left.TotalQuota,
            RemainingQuota = left.RemainingQuota,
        };
    }

    /// <summary>Takes the units of calls that were made earlier. Counts as one call for the rate limit.</summary>
    /// <param name="items">1-500 calls; decided in their order, in one step.</param>
    /// <param name="atomic">True = all are charged, or the batch is refused. False = each stands for itself.</param>
    /// <param name="idempotencyKey">The key of the whole batch; null = a new one. Items may have keys of their own besides.</param>
    /// <param name="cancellationToken">Ends the call, also between two tries. It may have been charged.</param>
    /// <exception cref="FlowQuotaException">See the remarks of the class.</exception>
    public async Task<BatchResult> ConsumeBatchAsync(
        IEnumerable<BatchItem> items, bool atomic = true, string? idempotencyKey = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(items);
        var reply = await PostAsync("flow/consume/batch", new BatchBody([.. items], atomic), ClientJson.Default.BatchBody, idempotencyKey, cancellationToken)
            .ConfigureAwait(false);
        if (reply.Refusal is { } refusal)
            return new BatchResult { RequestId = reply.RequestId, Refusal = refusal };
        var batch = reply.Data(ClientJson.Default.BatchData);
        return new BatchResult
        {
            RequestId = reply.RequestId,
            IsReplayed = reply.IsReplayed,
            TotalQuota = batch.TotalQuota,
            RemainingQuota = batch.RemainingQuota,
            Consumed = batch.Consumed,
            Items = batch.Items,
        };
    }

    /// <summary>Reports whether a call would be admitted. Takes nothing, and counts for no limit.</summary>
    /// <param name="cost">Units that the call would take, 0-1,000,000.</param>
    /// <param name="cancellationToken">Ends the call, also between two tries.</param>
    /// <exception cref="FlowQuotaException">See the remarks of the class.</exception>
    public async Task<CheckResult> CheckAsync(int cost = 1, CancellationToken cancellationToken = default)
    {
        var reply = await SendAsync(
            HttpMethod.Post, "flow/check", JsonSerializer.SerializeToUtf8Bytes(new CheckBody(cost), ClientJson.Default.CheckBody), null, cancellationToken).ConfigureAwait(false);
        var check = reply.Data(ClientJson.Default.CheckData);
        var reason = check.Reason == "TokenRateLimitError" ? RefusalReason.RateLimit : RefusalReason.QuotaExceeded;
        TimeSpan? wait = check.RetryAfter is { } seconds ? TimeSpan.FromSeconds(seconds) : null;
        return new CheckResult(check.Allowed ? null : new Refusal(reason, $"The call would be refused: {check.Reason}.", wait), check.RemainingQuota);
    }

    /// <summary>The quota of the token. Takes nothing.</summary>
    /// <param name="cancellationToken">Ends the call, also between two tries.</param>
    /// <exception cref="FlowQuotaException">See the remarks of the class.</exception>
    public Task<Quota> GetQuotaAsync(CancellationToken cancellationToken = default) =>
        GetAsync("flow/quota", ClientJson.Default.Quota, cancellationToken);

    /// <summary>Holds units for a use whose amount is known only afterwards, all or none. Counts as one call for the rate limit.</summary>
    /// <param name="amount">Units, 1-1,000,000: the most that may be used.</param>
    /// <param name="timeToLive">After this time they come back by themselves: 1 s to a day, whole seconds; null = 5 minutes.</param>
    /// <param name="meter">A label for what they are used for, 1-64 of <c>A-Za-z0-9._-</c>; null = none.</param>
    /// <param name="idempotencyKey">The key of this call; null = a new one.</param>
    /// <param name="cancellationToken">Ends the call, also between two tries. Units may be held.</param>
    /// <exception cref="FlowQuotaException">See the remarks of the class.</exception>
    public async Task<ReserveResult> ReserveAsync(
        int amount, TimeSpan? timeToLive = null, string? meter = null, string? idempotencyKey = null, CancellationToken cancellationToken = default)
    {
        var body = new ReserveBody(amount, (int?)timeToLive?.TotalSeconds, meter);
        var reply = await PostAsync("flow/reserve", body, ClientJson.Default.ReserveBody, idempotencyKey, cancellationToken).ConfigureAwait(false);
        if (reply.Refusal is { } refusal)
            return new ReserveResult { RequestId = reply.RequestId, Refusal = refusal };
        var reservation = reply.Data(ClientJson.Default.Reservation);
        return new ReserveResult
        {
            RequestId = reply.RequestId,
            IsReplayed = reply.IsReplayed,
            TotalQuota = reservation.TotalQuota,
            RemainingQuota = reservation.RemainingQuota,
            Reservation = reservation,
        };
    }

    /// <summary>Takes what was used of a reservation, and gives the rest back. A repeat with the same amount changes nothing.</summary>
    /// <param name="reservationId">The reservation.</param>
    /// <param name="amount">Units that were used, 0-1,000,000.</param>
    /// <param name="onOverrun">What happens if that is more than is reserved.</param>
    /// <param name="idempotencyKey">A key for the rows of the log; null = a new one.</param>
    /// <param name="cancellationToken">Ends the call, also between two tries. It may have been done.</param>
    /// <exception cref="FlowQuotaException">
    /// See the remarks of the class. Also 409: the reservation was cancelled (<c>ReservationEnded</c>), or does not suffice
    /// (<c>ReservationOverrun</c>).
    /// </exception>
    public async Task<Reservation> CommitAsync(
        string reservationId, int amount, Overrun onOverrun = Overrun.Clamp, string? idempotencyKey = null, CancellationToken cancellationToken = default)
    {
        var reply = await PostAsync($"{PathOf(reservationId)}/commit", new CommitBody(amount, onOverrun), ClientJson.Default.CommitBody, idempotencyKey, cancellationToken)
            .ConfigureAwait(false);
        return reply.Data(ClientJson.Default.Reservation);
    }

    /// <summary>Gives all units of a reservation back. A repeat changes nothing.</summary>
    /// <param name="reservationId">The reservation.</param>
    /// <param name="cancellationToken">Ends the call, also between two tries. It may have been done.</param>
    /// <exception cref="FlowQuotaException">See the remarks of the class. Also 409 <c>ReservationEnded</c>: it was committed.</exception>
    public async Task<Reservation> CancelAsync(string reservationId, CancellationToken cancellationToken = default)
    {
        var reply = await SendAsync(HttpMethod.Post, $"{PathOf(reservationId)}/cancel", null, ApiText.NewId(), cancellationToken).ConfigureAwait(false);
        return reply.Data(ClientJson.Default.Reservation);
    }

    /// <summary>A reservation of the token.</summary>
    /// <param name="reservationId">The reservation.</param>
    /// <param name="cancellationToken">Ends the call, also between two tries.</param>
    /// <exception cref="FlowQuotaException">See the remarks of the class.</exception>
    public Task<Reservation> GetReservationAsync(string reservationId, CancellationToken cancellationToken = default) =>
        GetAsync(PathOf(reservationId), ClientJson.Default.Reservation, cancellationToken);

    /// <summary>Runs JavaScript in the service's sandbox, and takes one unit, whether the code succeeds or fails.</summary>
    /// <param name="code">The code. It may <c>return</c> a value, use <c>await</c>, and read <c>input</c>.</param>
    /// <param name="input">What the code reads as <c>input</c>; anything that becomes JSON, null = nothing.</param>
    /// <param name="options">How the input becomes JSON; null = as ASP.NET Core does, names in camelCase.</param>
    /// <param name="idempotencyKey">The key of this call; null = a new one.</param>
    /// <param name="cancellationToken">Ends the call, also between two tries. The code goes on, and the call may have been charged.</param>
    /// <exception cref="FlowQuotaException">See the remarks of the class. A failure of the code is a result.</exception>
    public async Task<ExecuteResult> ExecuteAsync(
        string code, object? input = null, JsonSerializerOptions? options = null, string? idempotencyKey = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(code);
        JsonElement? json = input is null ? null : JsonSerializer.SerializeToElement(input, options ?? JsonSerializerOptions.Web);
        var body = new ExecuteBody(Convert.ToBase64String(Utf8.GetBytes(code)), json);
        var reply = await PostAsync("flow/execute", body, ClientJson.Default.ExecuteBody, idempotencyKey, cancellationToken).ConfigureAwait(false);
        return ExecuteReply.Read(reply);
    }

    /// <summary>
    /// Reports whether a call of the token was charged in the last day, and what became of it: after a
    /// <see cref="FlowQuotaException"/>, or for a <see cref="MeteredResult.RequestId"/>.
    /// </summary>
    /// <param name="requestId">The id of the request.</param>
    /// <param name="cancellationToken">Ends the call, also between two tries.</param>
    /// <exception cref="FlowQuotaException">See the remarks of the class.</exception>
    public Task<FoundCall> FindCallAsync(string requestId, CancellationToken cancellationToken = default) =>
        GetAsync($"flow/calls/{ApiText.Segment(requestId, nameof(requestId))}", ClientJson.Default.FoundCall, cancellationToken);

    private static string PathOf(string reservationId) =>
        string.Create(CultureInfo.InvariantCulture, $"flow/reserve/{ApiText.Segment(reservationId, nameof(reservationId))}");

    private async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        var reply = await SendAsync(HttpMethod.Get, path, null, null, cancellationToken).ConfigureAwait(false);
        return reply.Data(type);
    }

    private Task<Reply> PostAsync<T>(string path, T body, JsonTypeInfo<T> type, string? idempotencyKey, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, path, JsonSerializer.SerializeToUtf8Bytes(body, type), ApiText.Key(idempotencyKey), cancellationToken);

    private Task<Reply> SendAsync(HttpMethod method, string path, byte[]? body, string? idempotencyKey, CancellationToken cancellationToken)
    {
        string token = _token ?? throw new InvalidOperationException(
            $"There is no access token: set {nameof(FlowQuotaOptions)}.{nameof(FlowQuotaOptions.AccessToken)}, or take {nameof(WithAccessToken)}.");
        return _connection.SendAsync(new Call(method, path, token) { Body = body, IdempotencyKey = idempotencyKey }, cancellationToken);
    }
}
