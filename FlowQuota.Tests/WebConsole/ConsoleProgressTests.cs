using System.Text.RegularExpressions;
using Dapper;
using FlowQuota.Retention;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using FlowQuota.Usage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace FlowQuota.Tests.WebConsole;

/// <summary>Protects long work in the console: it says how far it is, it can be stopped, and it goes on from there.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class ConsoleProgressTests(ConsoleBrowser browser)
{
    private readonly TestApp? _app = TestServers.SkipReason(TestServers.ChromiumVariable) is null ? browser.App : null;

    private TestApp App => _app!;

    [ServerFact(Chromium = true)]
    public async Task Verifying_all_books_can_be_stopped_proves_nothing_then_and_goes_on_from_there()
    {
        for (int i = 0; i < 2; i++)
            await App.CreateTokenAsync();
        await App.DrainAsync();
        await using var visitor = await browser.OpenAsync("#/books");
        await visitor.SignInAsync();
        // Pages of one token, of which the second never comes.
        var after = await ShortenAsync(visitor, "**/flow/quota/verify*", "page_size=200", "page_size=1");

        await visitor.Button("Verify all books").ClickAsync();
        await visitor.SeesAsync(new Regex(@"Tokens verified: 1 of \d+ · about \d+ (s|min) left"));
        await Expect(visitor.Main.GetByRole(AriaRole.Progressbar)).ToHaveAttributeAsync("value", "1");
        await visitor.Button("Stop").ClickAsync();

        await visitor.SeesAsync("Stopped before the end.");
        await visitor.SeesAsync(new Regex(@"1 of \d+ tokens"));
        await visitor.Link("Overview").ClickAsync();
        await visitor.SeesAsync("Stopped before the end.");
        await visitor.Link("Books").ClickAsync();
        await visitor.Page.UnrouteAllAsync();
        var next = visitor.Page.WaitForRequestAsync("**/flow/quota/verify*");
        await visitor.Button("Go on").ClickAsync();

        Assert.Contains($"after={after()}&", (await next).Url, StringComparison.Ordinal);
        await visitor.SeesAsync("The books balance.");
        await Expect(visitor.Button("Go on")).ToHaveCountAsync(0);
        visitor.AssertClean();
    }

    [ServerFact(Chromium = true)]
    public async Task A_verification_that_fails_keeps_what_it_found_and_a_count_that_is_missing_is_unavailable()
    {
        await App.CreateTokenAsync();
        await App.DrainAsync();
        await using var visitor = await browser.OpenAsync("#/books");
        await visitor.SignInAsync();
        await visitor.Page.RouteAsync("**/flow/tokens?*", route => route.AbortAsync());
        await ShortenAsync(visitor, "**/flow/quota/verify*", "page_size=200", "page_size=1");

        await visitor.Button("Verify all books").ClickAsync();
        await visitor.SeesAsync("Tokens verified: 1. How many there are in all, and the time left, are unavailable.");
        await visitor.Button("Stop").ClickAsync();
        await visitor.Page.UnrouteAllAsync();
        await visitor.Page.RouteAsync("**/flow/quota/verify*", route => route.AbortAsync());
        await visitor.Button("Go on").ClickAsync();

        await visitor.SeesAsync("No answer came.");
        await visitor.SeesAsync(new Regex(@"1 of \d+ tokens"));
        await Expect(visitor.Button("Go on")).ToBeVisibleAsync();
    }

    [ServerFact(Chromium = true)]
    public async Task The_ledger_is_exported_in_chunks_and_what_was_read_before_a_stop_is_kept()
    {
        var token = await App.CreateTokenAsync();
        await App.SendAsync(HttpMethod.Post, "/flow/consume", token.Full, new { cost = 1, meter = "m.1" });
        await App.ConsumeAsync(token, 2);
        await CountUsageAsync();
        await using var visitor = await browser.OpenAsync("#/books");
        await visitor.SignInAsync();
        await ShortenAsync(visitor, "**/flow/ledger?*", "limit=5000", "limit=2");

        await visitor.Button("Export all rows").ClickAsync();
        await visitor.SeesAsync(new Regex(@"Rows read: 2 of (?!2 )\d+ · about"));
        await visitor.Button("Stop").ClickAsync();
        await visitor.SeesAsync("Stopped after 2 rows.");
        Assert.Equal(1 + 2, (await DownloadAsync(visitor, "Save these rows")).Length);
        Assert.Empty(await visitor.BarriersAsync());

        await visitor.Page.UnrouteAllAsync();
        string[] lines = await DownloadAsync(visitor, "Go on");
        Assert.StartsWith("id,token,ws_id,email,epoch,seq,", lines[0], StringComparison.Ordinal);
        Assert.Equal(lines.Length, lines.Distinct().Count());
        await using var connection = await App.Sql.OpenAsync(default);
        Assert.Equal(await connection.ExecuteScalarAsync<int>("SELECT COUNT(*) FROM token_quota_logs"), lines.Length - 1);
        Assert.Single(lines, line => line.Contains(token.Id, StringComparison.Ordinal) && line.EndsWith(",m.1", StringComparison.Ordinal));
        await visitor.SeesAsync($"{lines.Length - 1} rows are in the file.");

        await visitor.GoToAsync($"#/token?id={token.Id}");
        Assert.Equal(1 + 3, (await DownloadAsync(visitor, "Export all rows")).Length);
        visitor.AssertClean();
    }

    [ServerFact(Chromium = true)]
    public async Task A_clean_up_of_another_instance_is_shown_as_it_goes_and_is_stopped_from_here()
    {
        await using var connection = await App.Sql.OpenAsync(default);
        await connection.ExecuteAsync("""
            WITH RECURSIVE numbers AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM numbers WHERE n < 300)
            INSERT INTO token_quota_logs (token, epoch, seq, ws_id, email, quota_change, action, request_id, created_at)
            SELECT 'flow_cleaned', 1, n, 'w', 'e', -1, 'consume', 'r', '2020-01-01 00:00:00.000' FROM numbers
            """);
        await using (var other = (await App.Services.GetRequiredService<IRetentionStore>().TryBeginAsync(default))!)
        {
            await other.StartRunAsync(DateTime.UtcNow, 180, default);
            Assert.Equal(100, await other.DeleteBatchAsync(new DateTime(2021, 1, 1), 100, default));
            await using var visitor = await browser.OpenAsync("#/operations");
            await visitor.SignInAsync();
            await visitor.SeesAsync("Rows removed: 100 of 300");
            Assert.Equal(100, await other.DeleteBatchAsync(new DateTime(2021, 1, 1), 100, default));
            await visitor.SeesAsync(new Regex(@"Rows removed: 200 of 300 · about \d+ s left"));

            await visitor.Button("Stop").ClickAsync();

            await visitor.SeesAsync("Stopped. The next clean-up removes the rest.");
            Assert.True(await other.IsStoppedAsync(default));
            visitor.AssertClean();
        }

        await CleanUpAsync();
        Assert.Equal(0, await connection.ExecuteScalarAsync<int>("SELECT COUNT(*) FROM token_quota_logs WHERE token = 'flow_cleaned'"));
    }

    private async Task CleanUpAsync()
    {
        await using var visitor = await browser.OpenAsync("#/operations", isPhone: true, language: "zh-CN");
        await visitor.SignInAsync();
        await visitor.Button("立即清理").ClickAsync();
        await visitor.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "立即清理" }).ClickAsync();
        await visitor.SeesAsync("完成：已删除 100 行。");
        await Expect(visitor.Main.GetByRole(AriaRole.Progressbar)).ToHaveCountAsync(0);
        visitor.AssertClean();
    }

    /// <summary>
    /// Makes the first answer to an address a short one, and the second never come. Gives the cursor with which the second was asked for.
    /// </summary>
    private static async Task<Func<string>> ShortenAsync(ConsoleVisitor visitor, string address, string whole, string part)
    {
        string after = "";
        await visitor.Page.RouteAsync(address, async route =>
        {
            var cursor = Regex.Match(route.Request.Url, "after=([^&]+)");
            if (cursor.Success)
                after = cursor.Groups[1].Value;
            else
                await route.ContinueAsync(new() { Url = route.Request.Url.Replace(whole, part, StringComparison.Ordinal) });
        });
        return () => after;
    }

    private static async Task<string[]> DownloadAsync(ConsoleVisitor visitor, string button)
    {
        var download = await visitor.Page.RunAndWaitForDownloadAsync(() => visitor.Button(button).ClickAsync());
        return await File.ReadAllLinesAsync(await download.PathAsync());
    }

    /// <summary>Counts all rows, and makes them complete, so that they can be exported.</summary>
    private async Task CountUsageAsync()
    {
        await App.RollUpAsync();
        await using var session = (await App.Services.GetRequiredService<IUsageRollupStore>().TryBeginAsync(default))!;
        await session.SetCompleteUntilAsync(DateTime.UtcNow.AddMinutes(1), default);
    }
}
