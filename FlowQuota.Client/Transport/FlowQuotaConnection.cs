using System.Net.Http.Headers;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace FlowQuota.Client.Transport;

/// <summary>Sends calls to FlowQuota, repeats them, and reads the replies.</summary>
internal sealed class FlowQuotaConnection
{
    private static readonly ResiliencePropertyKey<long> Started = new("FlowQuota.Started");
    private static readonly ResiliencePropertyKey<Outcome<Reply>?> Earlier = new("FlowQuota.Earlier");

    private readonly HttpClient _http;
    private readonly Uri _address;
    private readonly FlowQuotaRetryOptions _limits;
    private readonly TimeProvider _time;
    private readonly ResiliencePipeline<Reply> _pipeline;

    /// <param name="http">Sends the requests; may be shared, also with calls to others.</param>
    /// <param name="address">FlowQuota's address.</param>
    /// <param name="limits">How calls are repeated.</param>
    /// <param name="time">Measures pauses and limits.</param>
    /// <exception cref="ArgumentException">The address or a limit is wrong.</exception>
    public FlowQuotaConnection(HttpClient http, Uri? address, FlowQuotaRetryOptions limits, TimeProvider time)
    {
        limits.Check();
        (_http, _address, _limits, _time) = (http, WithSlash(address), limits, time);
        _pipeline = Pipeline();
    }

    /// <summary>Sends a call, as often as it takes.</summary>
    /// <param name="call">The call.</param>
    /// <param name="cancellationToken">Ends it, also in a pause between two tries.</param>
    /// <returns>The last response, whatever its status.</returns>
    /// <exception cref="FlowQuotaException">There was no response.</exception>
    public async Task<Reply> SendAsync(Call call, CancellationToken cancellationToken)
    {
        var context = ResilienceContextPool.Shared.Get(cancellationToken);
        try
        {
            context.Properties.Set(Started, _time.GetTimestamp());
            return await _pipeline.ExecuteAsync(
                static async (context, state) => await state.This.TryAsync(state.Call, context.CancellationToken).ConfigureAwait(false),
                context, (This: this, Call: call)).ConfigureAwait(false);
        }
        catch (TimeoutRejectedException e) when (IsOver(context) && context.Properties.GetValue(Earlier, null) is { } earlier)
        {
            // Time was over in a pause or in another try. The last outcome says more than that.
            return earlier.Result ?? throw NoResponse(call, earlier.Exception ?? e);
        }
        catch (Exception e) when (e is HttpRequestException || IsLost(e))
        {
            throw NoResponse(call, e);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    private async Task<Reply> TryAsync(Call call, CancellationToken cancellationToken)
    {
        // A request and its content are used up when they are sent.
        using var request = new HttpRequestMessage(call.Method, new Uri(_address, call.Path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", call.Token);
        request.Headers.Add("X-Request-ID", call.RequestId);
        if (call.IdempotencyKey is { } key)
            request.Headers.Add("Idempotency-Key", $"\"{key}\"");
        if (call.Body is { } body)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        using var response = await _http.SendAsync(request, cancellationToken).ConfigureAwait(false);
        return new Reply(call, response, await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false), _time.GetUtcNow());
    }

    private ResiliencePipeline<Reply> Pipeline()
    {
        var pipeline = new ResiliencePipelineBuilder<Reply> { TimeProvider = _time }.AddTimeout(_limits.TotalTimeout);
        if (_limits.MaxRetries > 0)
        {
            pipeline.AddRetry(new RetryStrategyOptions<Reply>
            {
                MaxRetryAttempts = _limits.MaxRetries,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = _limits.BaseDelay,
                MaxDelay = _limits.MaxDelay,
                ShouldHandle = arguments => ValueTask.FromResult(MayRepeat(arguments.Context, arguments.Outcome)),
                // Null, or no wait at all: the pause that is chosen here.
                DelayGenerator = arguments => ValueTask.FromResult(arguments.Outcome.Result?.RetryAfter is { Ticks: > 0 } wait ? wait : default(TimeSpan?)),
                OnRetry = arguments =>
                {
                    arguments.Context.Properties.Set(Earlier, arguments.Outcome);
                    return ValueTask.CompletedTask;
                },
            });
        }

        return pipeline.AddTimeout(_limits.TryTimeout).Build();
    }

    private bool MayRepeat(ResilienceContext context, Outcome<Reply> outcome) => outcome switch
    {
        { Result: { } reply } => reply.IsTransient && !(reply.RetryAfter >= Left(context)),
        { Exception: { } exception } => IsLost(exception),
        _ => false,
    };

    private TimeSpan Left(ResilienceContext context) =>
        _limits.TotalTimeout - _time.GetElapsedTime(context.Properties.GetValue(Started, 0));

    private bool IsOver(ResilienceContext context) => Left(context) <= TimeSpan.Zero;

    /// <summary>True if the response did not come, or not in time; a request that cannot be sent is the caller's mistake.</summary>
    private static bool IsLost(Exception exception) => exception switch
    {
        HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } => false,
        HttpRequestException or TimeoutRejectedException => true,
        // The limit of the HttpClient itself.
        TaskCanceledException { InnerException: TimeoutException } => true,
        _ => false,
    };

    private static FlowQuotaException NoResponse(Call call, Exception cause) =>
        new($"FlowQuota did not answer: {cause.Message} (request {call.RequestId})", cause)
        {
            RequestId = call.RequestId,
            IdempotencyKey = call.IdempotencyKey,
            IsTransient = IsLost(cause),
        };

    private static Uri WithSlash(Uri? address)
    {
        // https+http is for service discovery.
        if (address is not { IsAbsoluteUri: true } || address.Scheme is not ("http" or "https" or "https+http") || address.Query.Length > 0 || address.Fragment.Length > 0)
            throw new ArgumentException($"{nameof(FlowQuotaOptions.BaseAddress)} must be FlowQuota's address, such as http://localhost:7071.");
        return address.AbsolutePath.EndsWith('/') ? address : new Uri($"{address.GetLeftPart(UriPartial.Path)}/");
    }
}
