using FlowQuota.Sandbox.Protocol;
using Microsoft.AspNetCore.Http;

namespace FlowQuota.Functions.Http;

/// <summary>A kind of failure, the value of <c>error.type</c> (docs/api.md).</summary>
/// <param name="Name">Its name.</param>
/// <param name="Status">The HTTP status of its responses.</param>
/// <param name="Title">What it means, in a few words that never change.</param>
internal sealed record ErrorType(string Name, int Status, string Title)
{
    public static readonly ErrorType Validation = new("ValidationError", StatusCodes.Status400BadRequest,
        "The request is wrong; the message names the field and what was expected.");

    public static readonly ErrorType Authentication = new("AuthenticationError", StatusCodes.Status401Unauthorized,
        "The token is missing, malformed, unknown, disabled or expired, or is no admin token.");

    public static readonly ErrorType NotFound = new("NotFound", StatusCodes.Status404NotFound, "There is no such token, reservation or path.");

    public static readonly ErrorType MethodNotAllowed = new("MethodNotAllowed", StatusCodes.Status405MethodNotAllowed, "The path has other methods.");

    public static readonly ErrorType RequestTimeout = new("RequestTimeout", StatusCodes.Status408RequestTimeout, "The body came too slowly.");

    public static readonly ErrorType IdempotencyInProgress = new("IdempotencyInProgress", StatusCodes.Status409Conflict,
        "The first request under this key still runs; retry to get its result.");

    public static readonly ErrorType ReservationEnded = new("ReservationEnded", StatusCodes.Status409Conflict,
        "The reservation ended otherwise; nothing was taken.");

    public static readonly ErrorType ReservationOverrun = new("ReservationOverrun", StatusCodes.Status409Conflict,
        "More was used than the reservation holds, and on_overrun is refuse; nothing was taken.");

    public static readonly ErrorType TooManyReservations = new("TooManyReservations", StatusCodes.Status409Conflict,
        "The token has as many open reservations as it may have.");

    public static readonly ErrorType PayloadTooLarge = new("PayloadTooLarge", StatusCodes.Status413PayloadTooLarge, "The body is too large.");

    public static readonly ErrorType UnsupportedMediaType = new("UnsupportedMediaType", StatusCodes.Status415UnsupportedMediaType,
        "Content-Type is not JSON, or Content-Encoding is not gzip.");

    public static readonly ErrorType IdempotencyMismatch = new("IdempotencyMismatch", StatusCodes.Status422UnprocessableEntity,
        "The key or the request id belongs to an earlier, different request; nothing was done.");

    public static readonly ErrorType QuotaExceeded = new("QuotaExceeded", StatusCodes.Status429TooManyRequests, "Fewer units are left than the call needs.");

    public static readonly ErrorType RateLimit = new("TokenRateLimitError", StatusCodes.Status429TooManyRequests, "The token is called too often.");

    /// <summary>The status is for the host's log, because nobody reads the response.</summary>
    public static readonly ErrorType CallerGone = new("ValidationError", StatusCodes.Status499ClientClosedRequest, "The caller closed the connection.");

    public static readonly ErrorType Internal = new("InternalError", StatusCodes.Status500InternalServerError,
        "The service failed; quote request_id when you report it.");

    public static readonly ErrorType ServiceUnavailable = new("ServiceUnavailable", StatusCodes.Status503ServiceUnavailable,
        "The service cannot decide at the moment, or has no capacity; nothing was taken unless the message says that it may have been.");

    /// <summary>What the code of an <c>execute</c> can fail with; the call is consumed.</summary>
    public static readonly IReadOnlyList<ErrorType> OfCode =
    [
        new(ErrorTypes.Syntax, StatusCodes.Status400BadRequest, "The code is no JavaScript."),
        new(ErrorTypes.Runtime, StatusCodes.Status400BadRequest, "The code threw an error."),
        new(ErrorTypes.Timeout, StatusCodes.Status400BadRequest, "The code ran longer than it may."),
        new(ErrorTypes.MemoryLimit, StatusCodes.Status400BadRequest, "The code took more memory than it may."),
        new(ErrorTypes.Result, StatusCodes.Status400BadRequest, "The result is no JSON, or larger than it may be."),
    ];

    /// <summary>Its name as the URI of a problem (RFC 9457).</summary>
    public string Uri => $"urn:flowquota:error:{Name}";

    /// <summary>The kind of failure that code ended with.</summary>
    public static ErrorType OfCodeNamed(string name) =>
        OfCode.FirstOrDefault(type => type.Name == name) ?? new ErrorType(name, StatusCodes.Status400BadRequest, "The code failed.");
}
