using System.Reflection;
using System.Reflection.Emit;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using FlowQuota.Functions.Http;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Contract;
using FlowQuota.Tokens;
using Xunit;

namespace FlowQuota.Tests.Fuzzing;

/// <summary>Protects secrets against being guessed piece by piece: a near miss is refused like any other wrong secret.</summary>
[Collection(ContractTests.Name)]
public sealed partial class SecretComparisonTests(EmbeddedContractApp shared)
{
    private readonly TestApp _app = shared.App;

    [Theory]
    [InlineData(typeof(AdminAuthentication), "IsAdmin")]
    [InlineData(typeof(TokenCodec), "IsGenuine")]
    public void A_secret_is_compared_in_constant_time(Type type, string method)
    {
        var called = CallsOf(type.GetMethod(method, BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)!).ToList();
        Assert.Contains(called, call => call.DeclaringType == typeof(CryptographicOperations) && call.Name == nameof(CryptographicOperations.FixedTimeEquals));
        Assert.DoesNotContain(called, call => call.Name is "SequenceEqual" or "op_Equality" or "Equals" or "Compare" or "CompareTo");
    }

    [Fact]
    public async Task Every_near_miss_of_an_admin_token_is_refused_alike()
    {
        var answers = new HashSet<string>();
        foreach (string miss in NearMisses(TestApp.AdminToken))
            answers.Add(await RefusalAsync("/flow/quota/cleanup/stats", miss));
        Assert.Single(answers);
    }

    [Fact]
    public async Task Every_near_miss_of_an_access_token_is_refused_and_tells_no_more_than_that_its_id_is_there()
    {
        var token = await _app.CreateTokenAsync();
        var answers = new HashSet<string>();
        foreach (string miss in NearMisses(token.Full))
            answers.Add(await RefusalAsync("/flow/quota", miss));
        // Malformed or forged; or well-formed, with another secret. The second is that of every unknown token.
        string unknown = await RefusalAsync("/flow/quota", (await DeletedAsync()).Full);
        Assert.Equal(2, answers.Count);
        Assert.Contains(unknown, answers);
        await AppLedger.AssertUntouchedAsync(_app, token);
    }

    private async Task<TestToken> DeletedAsync()
    {
        var token = await _app.CreateTokenAsync();
        Envelope.Data(await _app.AdminAsync(HttpMethod.Delete, $"/flow/tokens/{token.Id}"));
        return token;
    }

    /// <summary>The response without the parts that differ from request to request.</summary>
    private async Task<string> RefusalAsync(string path, string presented)
    {
        var request = new FuzzRequest("GET", path) { Headers = { ("Authorization", $"Bearer {presented}"), ("X-Request-ID", "same") } };
        var answer = await RawHttp.SendAsync(_app.Client.BaseAddress!, request.ToWire());
        Envelope.Refused(answer!.Parse(), 401, "AuthenticationError");
        var headers = answer.Headers.Where(header => header.Name != "Date").Select(header => $"{header.Name}: {header.Value}");
        return Timestamp().Replace($"{string.Join('\n', headers)}\n{answer.Text}", "");
    }

    /// <summary>Every beginning, every longer one, and every one with another character.</summary>
    private static IEnumerable<string> NearMisses(string secret)
    {
        for (int i = 0; i < secret.Length; i++)
        {
            yield return secret[..i];
            yield return secret + secret[..(i + 1)];
            yield return secret[(i + 1)..];
            yield return secret[..i] + (secret[i] == 'a' ? 'b' : 'a') + secret[(i + 1)..];
        }

        yield return secret.ToUpperInvariant();
        yield return $"{secret},{secret}";
        yield return $"{secret}\u00e9";
    }

    /// <summary>The methods that a method's code calls.</summary>
    private static IEnumerable<MethodBase> CallsOf(MethodInfo method)
    {
        byte[] code = method.GetMethodBody()!.GetILAsByteArray()!;
        for (int i = 0; i + 4 < code.Length; i++)
        {
            if (code[i] != OpCodes.Call.Value && code[i] != OpCodes.Callvirt.Value)
                continue;
            MethodBase? called = null;
            try
            {
                called = method.Module.ResolveMethod(BitConverter.ToInt32(code, i + 1));
            }
            catch (ArgumentException)
            {
                // The same byte within something else.
            }

            if (called is not null)
                yield return called;
        }
    }

    [GeneratedRegex("\"timestamp\":\"[^\"]*\"")]
    private static partial Regex Timestamp();
}
