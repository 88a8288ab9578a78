using FlowQuota.Quotas;
using FlowQuota.Storage;
using FlowQuota.Tokens;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Functions.Http;

/// <summary>The one place where a request becomes an answer, whatever happens: every HTTP function runs through it.</summary>
public sealed partial class FlowPipeline(AdminAuthentication admins, FlowClock clock, ILogger<FlowPipeline> logger)
{
    private const int MaxHeaderCharacters = 16 * 1024;
    private const int MaxUrlCharacters = 8 * 1024;
    private const int RetryAfterSeconds = 1;

    private readonly OutageLog _refused = new(TimeProvider.System);

    /// <summary>Runs a function for a request.</summary>
    /// <param name="http">The request.</param>
    /// <param name="access">Who may call it.</param>
    /// <param name="handle">What the function does.</param>
    /// <param name="tellsTiming">True where failures carry <c>timing</c>.</param>
    /// <returns>An answer in the envelope; never an exception.</returns>
    public async Task<IResult> RunAsync(HttpRequest http, Access access, Func<FlowRequest, Task<IResult>> handle, bool tellsTiming = false)
    {
        var request = new FlowRequest(http, RequestIds.Of(http), clock, tellsTiming);
        try
        {
            CheckSize(http);
            if (access == Access.Admin && !admins.IsAdmin(Credentials.Bearer(http)))
                return new ProblemAnswer(request, StatusCodes.Status401Unauthorized, ErrorType.Authentication, "A valid admin token is needed: Authorization: Bearer <admin token>.");
            return await handle(request);
        }
        catch (InvalidFieldException e)
        {
            return new ProblemAnswer(request, StatusCodes.Status400BadRequest, ErrorType.Validation, e.Message);
        }
        catch (ProblemException e)
        {
            return new ProblemAnswer(request, e.Status, e.Type, e.Message);
        }
        catch (BadHttpRequestException e)
        {
            return e.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? new ProblemAnswer(request, e.StatusCode, ErrorType.PayloadTooLarge, "The body is too large.")
                : new ProblemAnswer(request, StatusCodes.Status400BadRequest, ErrorType.Validation, "The request is not well-formed HTTP.");
        }
        catch (IdempotencyMismatchException)
        {
            return new ProblemAnswer(request, StatusCodes.Status422UnprocessableEntity, ErrorType.IdempotencyMismatch,
                $"An earlier request with this {RequestIds.Header} asked for another change; nothing was changed. Send a new id with a new change.");
        }
        catch (StoreUnavailableException e)
        {
            if (_refused.Count() is > 0 and var count)
                LogUnavailable(logger, count, e.Store, e.GetBaseException().Message.ReplaceLineEndings(" "), request.Id);
            return new ProblemAnswer(request, StatusCodes.Status503ServiceUnavailable, ErrorType.ServiceUnavailable, Advice(e, access))
            {
                RetryAfterSeconds = RetryAfterSeconds,
            };
        }
        catch (OperationCanceledException) when (request.Aborted.IsCancellationRequested)
        {
            // Nobody is there to read it; the status is what the host's log shows.
            return new ProblemAnswer(request, StatusCodes.Status499ClientClosedRequest, ErrorType.Validation, "The caller closed the connection.");
        }
        catch (Exception e)
        {
            LogFailed(logger, request.Id, e);
            return new ProblemAnswer(request, StatusCodes.Status500InternalServerError, ErrorType.Internal, "The service failed; the request id names this failure in its log.");
        }
    }

    private static string Advice(StoreUnavailableException e, Access access)
    {
        // Callers learn nothing of the inside.
        string what = access == Access.Admin && e.Reason is { } reason ? $"{e.Store} {reason}" : $"{e.Store} is unavailable";
        return e switch
        {
            ChangeUnavailableException { MayBeApplied: true } =>
                $"{what}; the change may have been applied. Repeat it with the same {RequestIds.Header}: it is not applied twice.",
            ChangeUnavailableException =>
                $"{what}; this attempt changed nothing. Try again with the same {RequestIds.Header}: it is not applied twice.",
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

    [LoggerMessage(Level = LogLevel.Warning, Message = "Refused {Count} requests since the last such line: {Store} is unavailable ({Reason}); the last was {RequestId}")]
    private static partial void LogUnavailable(ILogger logger, int count, string store, string reason, string requestId);

    [LoggerMessage(Level = LogLevel.Error, Message = "Request {RequestId} failed")]
    private static partial void LogFailed(ILogger logger, string requestId, Exception exception);
}
