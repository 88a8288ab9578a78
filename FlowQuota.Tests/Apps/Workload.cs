using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using FlowQuota.Admission;
using FlowQuota.Errors;
using FlowQuota.Tokens;
using Microsoft.Extensions.DependencyInjection;

namespace FlowQuota.Tests.Apps;

/// <summary>
/// Random changes of one token by many clients on all instances: calls of different costs, code that succeeds or fails,
/// recharges and refunds. The seed names the run; the changes are recorded by request id.
/// </summary>
public sealed class Workload(IReadOnlyList<TestApp> apps, TestToken token, int seed)
{
    private readonly ConcurrentDictionary<string, int> _changes = new();
    private readonly ConcurrentDictionary<string, bool> _unavailable = new();

    /// <summary>How many changes each request made, according to its response; refused requests are left out.</summary>
    public IReadOnlyDictionary<string, int> Changes => _changes;

    /// <summary>
    /// Requests that were answered 503 because a store did not answer in time, as may happen on a busy machine. A call among
    /// them costs nothing in the end, but may have a row for the units taken and one for the units given back. A recharge may
    /// have been applied all the same.
    /// </summary>
    public IReadOnlyCollection<string> Unavailable => [.. _unavailable.Keys];

    public Task RunAsync(int clients, int requests) =>
        Task.WhenAll(Enumerable.Range(0, clients).Select(client => RunClientAsync(client, requests)));

    private async Task RunClientAsync(int client, int requests)
    {
        var random = new Random(HashCode.Combine(seed, client));
        for (int i = 0; i < requests; i++)
        {
            string id = string.Create(CultureInfo.InvariantCulture, $"w{seed}.{client}.{i}");
            try
            {
                int changes = await RequestAsync(apps[random.Next(apps.Count)], id, random);
                if (changes > 0)
                    _changes[id] = changes;
            }
            catch (StoreUnavailableException)
            {
                _unavailable[id] = true;
            }
        }
    }

    private async Task<int> RequestAsync(TestApp app, string id, Random random) => random.Next(20) switch
    {
        < 8 => await SendAsync(app, id, HttpMethod.Post, "/flow/consume", token.Full, new { cost = random.Next(1, 4) }),
        < 11 => await SendAsync(app, id, HttpMethod.Post, "/flow/execute", token.Full, new { code_base64 = Encode("return 1") }),
        < 14 => await SendAsync(app, id, HttpMethod.Post, "/flow/execute", token.Full, new { code_base64 = Encode("throw new TypeError('no')") }),
        < 16 => await RefundAsync(app, id),
        < 18 => await RechargeAsync(app, id, new { quota_operation = "add", quota_amount = random.Next(1, 10) }),
        18 => await RechargeAsync(app, id, new { quota_operation = "set", quota_amount = random.Next(1, 20) }),
        _ => await RechargeAsync(app, id, random.Next(2) == 0
            ? new { quota_operation = "reset" }
            : new { quota_operation = "reset", quota_amount = random.Next(1, 20) }),
    };

    private Task<int> RechargeAsync(TestApp app, string id, object change) =>
        SendAsync(app, id, HttpMethod.Put, $"/flow/tokens/{token.Id}", TestApp.AdminToken, change);

    /// <summary>A call that failed because of the platform; HTTP cannot cause such a failure.</summary>
    private async Task<int> RefundAsync(TestApp app, string id)
    {
        var ledger = app.Services.GetRequiredService<QuotaLedger>();
        var admission = await ledger.AdmitAsync(app.Services.GetRequiredService<TokenCodec>().Read(token.Full)!, 1, id);
        if (admission.Call is not { } call)
            return 0;
        return await ledger.RefundAsync(call) ? 2 : 1;
    }

    private static async Task<int> SendAsync(TestApp app, string id, HttpMethod method, string path, string bearer, object body)
    {
        using var request = new HttpRequestMessage(method, path) { Content = JsonContent.Create(body) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
        request.Headers.Add("X-Request-ID", id);
        var answer = await app.SendAsync(request);
        if (answer.Status == 503)
            throw new StoreUnavailableException("store");
        bool isChange = answer.Status == 200 || answer.ErrorType == "RuntimeError";
        if (!isChange && answer.Status != 429)
            throw new InvalidOperationException($"{id}: {answer.Status} {answer.Body}");
        return isChange ? 1 : 0;
    }

    private static string Encode(string code) => Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(code));
}
