namespace FlowQuota.Functions.Http;

/// <summary>Who may call a function.</summary>
public enum Access
{
    /// <summary>Anyone.</summary>
    Anyone,

    /// <summary>Callers with an admin token.</summary>
    Admin,

    /// <summary>Callers with an access token; the function checks it.</summary>
    Token,

    /// <summary>
    /// A gateway, on behalf of a caller with an access token; the function checks it. CORS is left to the gateway.
    /// </summary>
    Gateway,
}
