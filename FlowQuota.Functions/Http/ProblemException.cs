namespace FlowQuota.Functions.Http;

/// <summary>Ends a request with an error response.</summary>
/// <param name="type">The kind of failure.</param>
/// <param name="message">The message for the caller.</param>
internal sealed class ProblemException(ErrorType type, string message) : Exception(message)
{
    public ErrorType Type => type;
}
