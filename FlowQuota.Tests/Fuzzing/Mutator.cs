using FlowQuota.Tests.Apps;

namespace FlowQuota.Tests.Fuzzing;

/// <summary>Makes hostile requests from valid ones.</summary>
internal static class Mutator
{
    private static readonly Action<FuzzRequest, Random>[] WellFormed =
    [
        TargetMutations.Method, TargetMutations.Segment, TargetMutations.Segment, TargetMutations.Slashes, TargetMutations.Absolute,
        TargetMutations.Parameter, TargetMutations.Parameter, TargetMutations.Parameter,
        TargetMutations.RawPair, TargetMutations.Repeat, HeaderMutations.Hostile, HeaderMutations.Add, HeaderMutations.Replace,
        HeaderMutations.Drop, HeaderMutations.Twice, HeaderMutations.NearMiss,
        HeaderMutations.Flood, HeaderMutations.Long, BodyMutations.Field, BodyMutations.Field, BodyMutations.Field, BodyMutations.Field,
        BodyMutations.Email, BodyMutations.Email, BodyMutations.Drop,
        BodyMutations.Twice, BodyMutations.Rename, BodyMutations.Deep, BodyMutations.Bytes, BodyMutations.Bytes, BodyMutations.Whole,
    ];

    private static readonly Action<FuzzRequest, Random>[] Malformed =
    [
        TargetMutations.BadTarget, HeaderMutations.Bad, HeaderMutations.Bad, WireMutations.Length, WireMutations.Chunks,
        WireMutations.Version, WireMutations.Cut, WireMutations.Garble,
        WireMutations.LineEnds, WireMutations.Prefix, WireMutations.Oversize, BodyMutations.Bomb,
    ];

    /// <summary>Draws a route and up to three mutations; sometimes none, so that valid requests run in between.</summary>
    public static FuzzRequest Next(TestToken token, Random random)
    {
        var request = FuzzCorpus.All[random.Next(FuzzCorpus.All.Count)](token, random);
        int kind = random.Next(20);
        for (int i = kind < 3 ? 0 : random.Next(1, 4); i > 0; i--)
            Apply(request, WellFormed[random.Next(WellFormed.Length)], random);
        if (kind > 14)
            Apply(request, Malformed[random.Next(Malformed.Length)], random);
        return request;
    }

    private static void Apply(FuzzRequest request, Action<FuzzRequest, Random> mutation, Random random)
    {
        request.Mutations.Add($"{mutation.Method.DeclaringType!.Name}.{mutation.Method.Name}");
        mutation(request, random);
    }
}
