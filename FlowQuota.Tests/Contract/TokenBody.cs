using System.Text.Json.Nodes;

namespace FlowQuota.Tests.Contract;

/// <summary>Bodies of create: a valid one, with parts of it changed.</summary>
internal static class TokenBody
{
    /// <summary>A valid body, for 10 calls, with these fields in place of its own.</summary>
    /// <param name="fields">A JSON object.</param>
    /// <param name="without">Fields to leave out, separated by commas.</param>
    public static string With(string fields, string without = "")
    {
        var body = new JsonObject
        {
            ["ws_id"] = "ws",
            ["email"] = "a@example.com",
            ["operation"] = "unlimited",
            ["quota_type"] = "count",
            ["total_quota"] = 10,
        };
        foreach (var (name, value) in JsonNode.Parse(fields)!.AsObject())
            body[name] = value?.DeepClone();
        foreach (string name in without.Split(',', StringSplitOptions.RemoveEmptyEntries))
            body.Remove(name);
        return body.ToJsonString();
    }

    /// <summary>A valid body of a token without a quota.</summary>
    public static string Time(string fields = "{}") => With(fields, "quota_type,total_quota");
}
