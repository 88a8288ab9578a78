using FlowQuota.Functions.Requests;

namespace FlowQuota.Functions.Tokens;

/// <summary>Values that several requests have in common: whose token it is, and which.</summary>
internal static class TokenParameters
{
    private const int MaxText = 255;

    public static readonly TextField Token = new("token", MaxText, "A public id, or a full token.");

    public static readonly TextField WorkspaceId = new("ws_id", MaxText, "The workspace that the token belongs to.");

    public static readonly TextField Email = new("email", MaxText, "The e-mail address of its owner.");
}
