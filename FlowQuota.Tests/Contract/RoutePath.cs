using FlowQuota.Tests.Apps;

namespace FlowQuota.Tests.Contract;

/// <summary>Paths for the routes of the functions.</summary>
internal static class RoutePath
{
    /// <summary>A reservation that no token has.</summary>
    public const string UnknownReservation = "res_0123456789abcdef0123456789";

    /// <summary>A path that a route matches, with the parameters that the route names.</summary>
    public static string Of(string route, TestToken token) => "/" + route
        .Replace("{token}", token.Id, StringComparison.Ordinal)
        .Replace("{requestId}", "a-request", StringComparison.Ordinal)
        .Replace("{reservation}", UnknownReservation, StringComparison.Ordinal)
        .Replace("/{*path}", "", StringComparison.Ordinal);
}
