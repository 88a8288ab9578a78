using FlowQuota.Administration;
using FlowQuota.Errors;
using FlowQuota.Functions.Requests;
using FlowQuota.Ledger;
using FlowQuota.Telemetry;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Functions.Http;

/// <summary>Turns a request into a response, whatever happens. Every HTTP function runs through it.</summary>
public sealed partial class FlowPipeline(AdminAuthentication admins, CrossOrigin crossOrigin, TimeZoneFormatter clock, ILogger<FlowPipeline> logger)
{
    private const int MaxHeaderCharacters = 16 * 1024;
    private const int MaxUrlCharacters = 8 * 1024;
    private const int RetryAfterSeconds = 1;

    private readonly OutageLog _refused = new(TimeProvider.System);

    /// <summary>Runs a function for a request.</summary>
    /// <param name="http">The request.</param>
    /// <param name="operation">What the function takes and returns.</param>
    /// <param name="handle">The function's work.</param>
    /// <returns>A response in the envelope; never an exception.</returns>
    internal async Task<IResult> RunAsync(HttpRequest http, Operation operation, Func<FlowRequest, Task<IResult>> handle)
    {
        var access = operation.Access;
        var request = new FlowRequest(http, operation, RequestIds.Of(http), clock);
        try
        {
            CheckSize(http);
            CheckFraming(http);
            if (access != Access.Gateway)
            {
                crossOrigin.Allow(http);
                if (crossOrigin.IsPreflight(http))
                    return new EmptyAnswer(request);
            }

            if (access == Access.Admin && !admins.IsAdmin(Credentials.Bearer(http)))
                return new ProblemResult(request, ErrorType.Authentication, "A valid admin token is needed: Authorization: Bearer <admin token>.");
            // Without any credential the answer is 401, whatever else is wrong.
            if (access == Access.Admin || (access is Access.Token or Access.Gateway && Credentials.AccessToken(http) is not null))
                Query.Check(http, operation.Query);
            return await handle(request);
        }
        catch (InvalidFieldException e)
        {
            return new ProblemResult(request, ErrorType.Validation, e.Message);
        }
        catch (ProblemException e)
        {
            return new ProblemResult(request, e.Type, e.Message);
        }
        catch (BadHttpRequestException e)
        {
            return e.StatusCode switch
            {
                StatusCodes.Status413PayloadTooLarge => new ProblemResult(request, ErrorType.PayloadTooLarge, "The body is too large."),
                StatusCodes.Status408RequestTimeout => new ProblemResult(request, ErrorType.RequestTimeout, "The body did not come in time; send it faster."),
                _ => new ProblemResult(request, ErrorType.Validation, "The request is not well-formed HTTP."),
            };
        }
        catch (IdempotencyMismatchException)
        {
            return new ProblemResult(request, ErrorType.IdempotencyMismatch,
                $"An earlier request with this {IdempotencyKeyHeader.NameFor(http)} asked for another change; nothing was changed. Send a new one with a new change.");
        }
        catch (StoreUnavailableException e)
        {
            if (_refused.Count() is > 0 and var count)
                LogUnavailable(logger, count, e.Store, e.GetBaseException().Message.ReplaceLineEndings(" "), request.Id);
            return new ProblemResult(request, ErrorType.ServiceUnavailable, Advice(e, access, IdempotencyKeyHeader.NameFor(http)))
            {
                RetryAfterSeconds = RetryAfterSeconds,
            };
        }
        catch (OperationCanceledException) when (request.Aborted.IsCancellationRequested)
        {
            return new ProblemResult(request, ErrorType.CallerGone, "The caller closed the connection.");
        }
        catch (Exception e)
        {
            LogFailed(logger, request.Id, e);
            return new ProblemResult(request, ErrorType.Internal, "Internal error. Quote request_id when you report it.");
        }
    }

    private static string Advice(StoreUnavailableException e, Access access, string header)
    {
        // Callers learn nothing of the inside.
        string what = access == Access.Admin && e.Reason is { } reason ? $"{e.Store} {reason}" : $"{e.Store} is unavailable";
        return e switch
        {
            ChangeUnavailableException { MayBeApplied: true } =>
                $"{what}; the change may have been applied. Repeat it with the same {header}: it is not applied twice.",
            ChangeUnavailableException =>
                $"{what}; this attempt changed nothing. Try again with the same {header}: it is not applied twice.",
            _ => $"{what}; try again.",
        };
    }

    private static void CheckSize(HttpRequest http)
    {
        if (http.Path.Value?.Length + http.QueryString.Value?.Length > MaxUrlCharacters)
            throw new InvalidFieldException("URL", $"must be at most {MaxUrlCharacters} characters long");

        int characters = 0;
        foreach (var (name, values) in http.Headers)
        {
            characters += name.Length;
            foreach (string? value in values)
                characters += value?.Length ?? 0;
        }

        if (characters > MaxHeaderCharacters)
            throw new InvalidFieldException("headers", $"must be at most {MaxHeaderCharacters} characters long together");
    }

    /// <summary>Refuses requests that a proxy in front may have read differently from this server.</summary>
    private static void CheckFraming(HttpRequest http)
    {
        if (http.Method.AsSpan().ContainsAnyInRange('a', 'z'))
            throw new InvalidFieldException("method", "must be in upper case");
        // The server moves the length of a body that is also chunked to this header.
        if (http.Headers.TransferEncoding.Count > 0 && http.Headers.ContainsKey("X-Content-Length"))
            throw new InvalidFieldException("Content-Length", "must not be given beside Transfer-Encoding");
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Refused {Count} requests since the last such line: {Store} is unavailable ({Reason}); the last was {RequestId}")]
    private static partial void LogUnavailable(ILogger logger, int count, string store, string reason, string requestId);

    [LoggerMessage(Level = LogLevel.Error, Message = "Request {RequestId} failed")]
    private static partial void LogFailed(ILogger logger, string requestId, Exception exception);
}
