namespace FlowQuota.Client.Middleware;

/// <summary>What becomes of a request if FlowQuota cannot decide.</summary>
public enum UnavailableRule
{
    /// <summary>It is answered 503 with <c>Retry-After</c>, so that nobody is served beyond a quota.</summary>
    Deny,

    /// <summary>It passes, unmetered. Whoever knows or guesses a token's public id may pass then.</summary>
    Allow,
}
