using System.Globalization;

namespace FlowQuota.Tests.Apps;

/// <summary>How often tests repeat what they draw at random, and from which seed they draw.</summary>
public static class Rounds
{
    private const string LongVariable = "FLOWQUOTA_TEST_LONG";
    private const string SeedVariable = "FLOWQUOTA_TEST_SEED";

    /// <summary>The seed that the environment asks for; null = none.</summary>
    public static int? GivenSeed =>
        Environment.GetEnvironmentVariable(SeedVariable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    /// <summary>The seed that the environment asks for, or any.</summary>
    public static int NextSeed() => GivenSeed ?? Random.Shared.Next();

    /// <summary>A number of rounds.</summary>
    /// <param name="few">That of every run.</param>
    /// <param name="many">That of <c>infra/test.sh --long</c>.</param>
    public static int Of(int few, int many) => Environment.GetEnvironmentVariable(LongVariable) == "1" ? many : few;
}
