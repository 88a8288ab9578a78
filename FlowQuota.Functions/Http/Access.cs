namespace FlowQuota.Functions.Http;

/// <summary>Who may call a function.</summary>
public enum Access
{
    /// <summary>Anyone.</summary>
    Anyone,

    /// <summary>Who presents an admin token.</summary>
    Admin,

    /// <summary>Who presents an access token; the function checks it.</summary>
    Token,
}
