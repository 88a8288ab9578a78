using System.Text.RegularExpressions;
using Dapper;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using FlowQuota.Usage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace FlowQuota.Tests.WebConsole;

/// <summary>Protects the console as people use it: in a real browser, against a real app.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class ConsoleTests(ConsoleBrowser browser)
{
    private const string Markup = "<img src=x onerror=\"document.title='hacked'\">";

    private readonly TestApp? _app = TestServers.SkipReason(TestServers.ChromiumVariable) is null ? browser.App : null;

    private TestApp App => _app!;

    [ServerFact(Chromium = true)]
    public async Task What_is_reserved_is_told_from_what_was_used()
    {
        var token = await App.CreateTokenAsync();
        await App.ConsumeAsync(token, 3);
        Assert.Equal(200, (await App.SendAsync(HttpMethod.Post, "/flow/reserve", token.Full, new { amount = 4 })).Status);

        await using var visitor = await browser.OpenAsync($"#/token?id={token.Id}");
        await visitor.SignInAsync();

        await visitor.SeesAsync("3 used · 4 reserved");
        visitor.AssertClean();
    }

    [ServerFact(Chromium = true)]
    public async Task A_wrong_token_is_refused_in_words_and_the_right_one_stays_in_memory()
    {
        await using var visitor = await browser.OpenAsync("#/operations");
        await visitor.Field("Token").FillAsync("not-the-admin-token");
        await visitor.Button("Sign in").ClickAsync();
        await visitor.SeesAsync("not one of the service's admin tokens");

        await visitor.SignInAsync();

        // The page that the address led to.
        await Expect(visitor.Heading("Operations")).ToBeVisibleAsync();
        // A name that is none, although every object of JavaScript has something under it.
        await visitor.GoToAsync("#/constructor");
        await Expect(visitor.Heading("Overview")).ToBeVisibleAsync();
        Assert.Equal("[{},{},\"\"]", await visitor.Page.EvaluateAsync<string>("JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])"));
        Assert.DoesNotContain(TestApp.AdminToken, visitor.Page.Url, StringComparison.Ordinal);
        await visitor.Page.ReloadAsync();
        await Expect(visitor.Heading("Sign in")).ToBeVisibleAsync();
        visitor.AssertClean();
    }

    [ServerFact(Chromium = true)]
    public async Task A_token_is_made_used_recharged_verified_mended_and_deleted()
    {
        await using var visitor = await browser.OpenAsync("#/new-token");
        await visitor.SignInAsync();

        string secret = await MakeTokenAsync(visitor);
        string id = secret[..secret.LastIndexOf('_')];
        await TryItAsync(visitor);

        await visitor.Link("See it in the ledger").First.ClickAsync();
        await Expect(visitor.Heading("Token")).ToBeVisibleAsync();
        Assert.DoesNotContain(secret, await visitor.Page.ContentAsync(), StringComparison.Ordinal);
        await App.DrainAsync();
        await visitor.Button("Refresh").ClickAsync();
        var rows = visitor.Main.GetByRole(AriaRole.Row);
        await Expect(rows.Filter(new() { HasText = "RuntimeError" })).ToContainTextAsync("boom <b>bold</b>");
        await Expect(rows.Filter(new() { HasText = "\u22123" })).ToHaveCountAsync(1);
        await Expect(visitor.Main.GetByRole(AriaRole.Img, new() { Name = "What remained after" })).ToBeVisibleAsync();
        await visitor.SeesAsync("6 of 10 left");

        await visitor.Field("Calls").FillAsync("100");
        await visitor.SeesAsync("Then 106 of 110 are left.");
        await visitor.Button("Recharge").ClickAsync();
        await visitor.SeesAsync("106 of 110 left");

        await App.DrainAsync();
        await visitor.GoToAsync("#/books");
        await visitor.Button("Verify all books").ClickAsync();
        await visitor.SeesAsync("The books balance.");
        await MendAsync(visitor, id);
        await DeleteAsync(visitor, id);
        Assert.Equal("Tokens · FlowQuota", await visitor.Page.TitleAsync());
        visitor.AssertClean();
    }

    [ServerFact(Chromium = true)]
    public async Task A_token_whose_quota_refills_is_made_and_shows_when()
    {
        await using var visitor = await browser.OpenAsync("#/new-token");
        await visitor.SignInAsync();
        await visitor.Field("Workspace").FillAsync("refilled");
        await visitor.Field("E-mail").FillAsync("a@example.com");
        await visitor.Field("Refills").SelectOptionAsync("Each month, on the 1st");
        // What is wrong with the amount of a period stands beside the field that it comes from.
        await visitor.Button("Create token").ClickAsync();
        await visitor.SeesAsync("period.amount is missing");
        await visitor.Field("Calls in all").FillAsync("2000");
        await visitor.Field("May pass into the next period").FillAsync("500");
        await visitor.Button("Create token").ClickAsync();
        await visitor.Link("I have kept it: open the token").ClickAsync();

        await visitor.SeesAsync("2,000 of 2,000 left");
        await visitor.SeesAsync("2,000 a month");
        await visitor.SeesAsync("Next refill");
        await visitor.SeesAsync("-01 00:00:00");
        visitor.AssertClean();
    }

    [ServerFact(Chromium = true)]
    public async Task A_change_whose_answer_was_lost_is_applied_once_when_the_button_is_pressed_again()
    {
        var token = await App.CreateTokenAsync();
        await using var visitor = await browser.OpenAsync($"#/token?id={token.Id}");
        await visitor.SignInAsync();
        var ids = new List<string>();
        await visitor.Page.RouteAsync($"**/flow/tokens/{token.Id}", async route =>
        {
            ids.Add(await route.Request.HeaderValueAsync("x-request-id") ?? "none");
            await route.FetchAsync();
            if (ids.Count == 1)
                await route.AbortAsync();
            else
                await route.ContinueAsync();
        });

        await visitor.Field("Calls").FillAsync("5");
        await visitor.Button("Recharge").ClickAsync();
        await visitor.SeesAsync("the same request is repeated under the same id");
        await visitor.Button("Recharge").ClickAsync();
        await visitor.SeesAsync("15 of 15 left");

        Assert.Equal(2, ids.Count);
        Assert.Equal(ids[0], ids[1]);
        Assert.Equal(15, (await App.AdminAsync(HttpMethod.Get, $"/flow/tokens/{token.Id}/quota")).Data.GetProperty("remaining_quota").GetInt32());

        // A change that was answered is over: the next one like it is another change.
        await visitor.Field("Calls").FillAsync("5");
        await visitor.Button("Recharge").ClickAsync();
        await visitor.SeesAsync("20 of 20 left");
        Assert.NotEqual(ids[1], ids[2]);
    }

    [ServerFact(Chromium = true)]
    public async Task A_figure_that_cannot_be_had_is_unavailable_and_never_0()
    {
        await using var visitor = await browser.OpenAsync("#/overview");
        await visitor.SignInAsync();
        await visitor.LoadedAsync();
        await visitor.Page.RouteAsync("**/flow/cache-write-pool/stats", route => route.FulfillAsync(new()
        {
            Status = 503,
            ContentType = "application/json",
            Body = """{"success":false,"error":{"type":"ServiceUnavailable","message":"Redis is unavailable; try again."}}""",
        }));
        await visitor.Page.RouteAsync("**/flow/tokens?*", route => route.AbortAsync());

        await visitor.Button("Refresh").ClickAsync();

        await visitor.SeesAsync("Redis is unavailable; try again.");
        await visitor.SeesAsync("No answer came.");
        await Expect(visitor.Main.GetByText("Unavailable", new() { Exact = true })).ToHaveCountAsync(3);
        await Expect(visitor.Main.Locator(".figure", new() { HasText = "0" })).ToHaveCountAsync(0);
    }

    [ServerFact(Chromium = true)]
    public async Task A_spreadsheet_takes_no_cell_of_the_export_for_a_formula()
    {
        foreach (string workspace in new[] { "=1+1", "+1", "-1", "@SUM(A1)", "a,\"b\"" })
            await App.CreateTokenAsync(new { ws_id = workspace, email = "csv@example.com", operation = "unlimited" });
        await using var visitor = await browser.OpenAsync("#/tokens?email=csv%40example.com");
        await visitor.SignInAsync();

        var download = await visitor.Page.RunAndWaitForDownloadAsync(() => visitor.Button("Export CSV").ClickAsync());
        string[] cells = [.. (await File.ReadAllLinesAsync(await download.PathAsync())).Skip(1).Select(line => line[(line.IndexOf(',', StringComparison.Ordinal) + 1)..])];

        Assert.Equal(["'=1+1", "'+1", "'-1", "'@SUM(A1)", "\"a,\"\"b\"\"\""], cells.Select(line => line[..line.IndexOf(",csv@example.com", StringComparison.Ordinal)]));
        visitor.AssertClean();
    }

    [ServerFact(Chromium = true)]
    public async Task Who_used_how_much_in_the_last_days_is_answered_beside_the_time_before()
    {
        string workspace = $"usage-{Guid.NewGuid():N}";
        var (most, less) = await UseAsync(workspace);
        await using var visitor = await browser.OpenAsync("#/usage");
        await visitor.SignInAsync();

        await visitor.Field("Time").SelectOptionAsync("7 days");
        await visitor.Field("Who, by").SelectOptionAsync("Token id");
        await visitor.Field("Workspace").FillAsync(workspace);
        await visitor.Button("Show").ClickAsync();

        var rows = visitor.Main.GetByRole(AriaRole.Region, new() { Name = "Who used how much" }).GetByRole(AriaRole.Row);
        await Expect(rows).ToHaveCountAsync(3);
        await Expect(rows.Nth(1).GetByRole(AriaRole.Rowheader)).ToHaveTextAsync(most.Id);
        await Expect(rows.Nth(1).GetByRole(AriaRole.Cell)).ToHaveTextAsync(["6", "1", "0", "0", "0", "0"]);
        await Expect(rows.Nth(2).GetByRole(AriaRole.Rowheader)).ToHaveTextAsync(less.Id);
        await Expect(rows.Nth(2).GetByRole(AriaRole.Cell)).ToHaveTextAsync(["1", "1", "0", "0", "1", "0"]);
        await visitor.SeesAsync("+75% against 4 before");
        await visitor.SeesAsync("Everything is counted until");
        await Expect(visitor.Main.GetByRole(AriaRole.Img)).ToHaveAccessibleNameAsync(new Regex("Units from .*, Europe/Berlin: 7 in all. Refused calls: 1."));
        await Expect(visitor.Main.Locator("svg .refused")).ToHaveCountAsync(1);
        await Expect(visitor.Main.GetByRole(AriaRole.Region, new() { Name = "The same in figures" }).GetByRole(AriaRole.Row)).ToHaveCountAsync(1 + 7);
        Assert.EndsWith($"#/usage?time=7d&group_by=token&ws_id={workspace}", visitor.Page.Url, StringComparison.Ordinal);
        Assert.Empty(await visitor.BarriersAsync());

        var download = await visitor.Page.RunAndWaitForDownloadAsync(() => visitor.Button("Export CSV").ClickAsync());
        string[] lines = await File.ReadAllLinesAsync(await download.PathAsync());
        Assert.Equal("starts_at,ends_at,starts_at_utc,token,calls,units,failed,refunded,refused_quota,refused_rate", lines[0]);
        Assert.Contains(lines, line => line.EndsWith($",{most.Id},1,6,0,0,0,0", StringComparison.Ordinal));

        // What cannot be had of the time before takes nothing from this time.
        await visitor.Page.RouteAsync(new Regex("granularity=total"), route => route.AbortAsync());
        await visitor.Button("Refresh").ClickAsync();
        await visitor.SeesAsync("Unavailable for the same time before");
        await Expect(visitor.Main.Locator(".figure")).ToHaveTextAsync(["7", "2", "1"]);
        visitor.AssertClean();
    }

    [ServerFact(Chromium = true)]
    public async Task The_holder_of_a_token_sees_what_is_left_and_nothing_of_the_admins()
    {
        var token = await App.CreateTokenAsync();
        await App.ConsumeAsync(token, 4);
        await using var visitor = await browser.OpenAsync("#/tokens");
        var paths = new List<string>();
        visitor.Page.Request += (_, request) => paths.Add(new Uri(request.Url).AbsolutePath);
        await visitor.Page.GetByRole(AriaRole.Radio, new() { Name = "An access token" }).CheckAsync();
        await visitor.SignInAsync(token.Full);

        await Expect(visitor.Heading("My quota")).ToBeVisibleAsync();
        await visitor.SeesAsync("6 of 10 left");
        Assert.Equal(["My quota", "Try it"], await visitor.Page.GetByRole(AriaRole.Navigation).First.GetByRole(AriaRole.Link).AllInnerTextsAsync());
        Assert.Equal(["/flow/quota"], paths.Where(path => path.StartsWith("/flow/", StringComparison.Ordinal)).Distinct());
        visitor.AssertClean();
    }

    [ServerFact(Chromium = true)]
    public async Task Everything_can_be_reached_and_done_by_keyboard()
    {
        await using var visitor = await browser.OpenAsync();
        await visitor.SignInAsync();
        await visitor.LoadedAsync();

        // From the top: the skip link, the name, then the ways.
        await visitor.Page.EvaluateAsync("document.activeElement.blur()");
        await visitor.Page.Locator("#skip").FocusAsync();
        await visitor.Page.Keyboard.PressAsync("Enter");
        Assert.Equal("main", await visitor.Page.EvaluateAsync<string>("document.activeElement.id"));
        await visitor.Page.Locator("#skip").FocusAsync();
        for (int i = 0; i < 4; i++)
            await visitor.Page.Keyboard.PressAsync("Tab");
        await visitor.Page.Keyboard.PressAsync("Enter");
        await Expect(visitor.Heading("New token")).ToBeVisibleAsync();
        Assert.Equal("main", await visitor.Page.EvaluateAsync<string>("document.activeElement.id"));

        await visitor.Page.Keyboard.PressAsync("Tab");
        await visitor.Page.Keyboard.TypeAsync("keyboard");
        await visitor.Page.Keyboard.PressAsync("Tab");
        await visitor.Page.Keyboard.TypeAsync("nobody");
        await visitor.Page.Keyboard.PressAsync("Tab");
        await visitor.Page.Keyboard.PressAsync("Tab");
        await visitor.Page.Keyboard.TypeAsync("5");
        await visitor.Page.Keyboard.PressAsync("Enter");

        // The API's own words are beside the field that they are about, which has the focus.
        await visitor.SeesAsync("email must be an e-mail address such as name@example.com.");
        Assert.Equal("email", await visitor.Page.EvaluateAsync<string>("document.activeElement.dataset.field"));
        visitor.AssertClean();
    }

    [ServerFact(Chromium = true)]
    public async Task The_switches_of_language_and_theme_are_kept_and_nothing_else_is()
    {
        await using var visitor = await browser.OpenAsync();
        await visitor.SignInAsync();
        await visitor.Page.GetByLabel("Language").SelectOptionAsync("zh");
        await Expect(visitor.Heading("概览")).ToBeVisibleAsync();
        await visitor.Button("深色主题").ClickAsync();
        Assert.Equal("dark", await visitor.Page.EvaluateAsync<string>("getComputedStyle(document.documentElement).colorScheme"));

        await visitor.Page.ReloadAsync();

        await Expect(visitor.Heading("登录")).ToBeVisibleAsync();
        Assert.Equal("dark", await visitor.Page.EvaluateAsync<string>("getComputedStyle(document.documentElement).colorScheme"));
        Assert.Equal("""{"flowquota.language":"zh","flowquota.theme":"dark"}""",
            await visitor.Page.EvaluateAsync<string>("JSON.stringify(Object.fromEntries(Object.entries(localStorage).sort()))"));
        visitor.AssertClean();
    }

    [ServerFact(Chromium = true)]
    public async Task No_screen_keeps_anybody_out_or_is_wider_than_a_phone()
    {
        var token = await App.CreateTokenAsync(new
        {
            ws_id = new string('w', 255),
            email = $"{new string('e', 60)}@example.com",
            operation = "unlimited",
            quota_type = "count",
            total_quota = int.MaxValue,
        });
        await App.ExecuteAsync(token, "throw new Error('x'.repeat(400))");
        await App.DrainAsync();

        await PeekAsync(token, isDark: false, isPhone: false, "en-US");
        await PeekAsync(token, isDark: true, isPhone: true, "zh-CN");
    }

    [ServerFact(Chromium = true)]
    public async Task The_reference_shows_operations_and_errors_and_takes_nothing_from_elsewhere()
    {
        await ReadReferenceAsync(isDark: false, isPhone: false);
        await ReadReferenceAsync(isDark: true, isPhone: true);
    }

    private async Task ReadReferenceAsync(bool isDark, bool isPhone)
    {
        await using var visitor = await browser.OpenAsync("api", isDark, isPhone);

        await visitor.SeesAsync("Takes `cost` units, all or none.");
        await visitor.SeesAsync("QuotaExceeded");
        Assert.Equal(0, await visitor.Page.EvaluateAsync<int>("Math.max(0, document.documentElement.scrollWidth - innerWidth)"));
        visitor.AssertClean();

        await visitor.Link("FlowQuota console").ClickAsync();
        await Expect(visitor.Heading("Sign in")).ToBeVisibleAsync();
        Assert.Equal("api", await visitor.Link("API reference").GetAttributeAsync("href"));
    }

    private async Task PeekAsync(TestToken token, bool isDark, bool isPhone, string language)
    {
        await using var visitor = await browser.OpenAsync("", isDark, isPhone, language);
        var barriers = new List<string>(await visitor.BarriersAsync());
        await visitor.SignInAsync();
        foreach (string hash in new[] { "#/overview", "#/tokens", "#/new-token", $"#/token?id={token.Id}", "#/usage?group_by=token", $"#/books?token={token.Id}", "#/operations", "#/try" })
        {
            await visitor.GoToAsync(hash);
            barriers.AddRange(await visitor.BarriersAsync());
            int excess = await visitor.Page.EvaluateAsync<int>("document.documentElement.scrollWidth - innerWidth");
            if (excess > 0)
                barriers.Add($"{hash} is {excess} px wider than the page.");
        }

        Assert.Empty(barriers);
        visitor.AssertClean();
    }

    /// <summary>Makes a token with markup for its workspace; gives the full token, which is shown this once.</summary>
    private static async Task<string> MakeTokenAsync(ConsoleVisitor visitor)
    {
        await visitor.Field("Workspace").FillAsync(Markup);
        await visitor.Field("E-mail").FillAsync("a@example.com");
        await visitor.Field("Calls in all").FillAsync("10");
        await Expect(visitor.Page.GetByRole(AriaRole.Complementary)).ToContainTextAsync("Bearer $ADMIN_TOKEN");
        Assert.DoesNotContain(TestApp.AdminToken, await visitor.Page.ContentAsync(), StringComparison.Ordinal);
        await visitor.Button("Create token").ClickAsync();
        string secret = await visitor.Main.Locator("code.secret").InnerTextAsync();
        Assert.DoesNotContain(secret, await visitor.Page.EvaluateAsync<string>("JSON.stringify([{ ...localStorage }, { ...sessionStorage }, history.state, location.href])"), StringComparison.Ordinal);

        // It cannot be shown again, so leaving asks.
        await visitor.Link("Tokens").ClickAsync();
        await visitor.Button("Cancel").ClickAsync();
        Assert.Equal(secret, await visitor.Main.Locator("code.secret").InnerTextAsync());
        return secret;
    }

    private static async Task TryItAsync(ConsoleVisitor visitor)
    {
        await visitor.Link("Try it now").ClickAsync();
        await visitor.Field("JavaScript").FillAsync($"console.log(`{Markup}`); throw new Error('boom <b>bold</b>');");
        await visitor.Button("Run").ClickAsync();
        await visitor.SeesAsync("boom <b>bold</b>");
        await visitor.SeesAsync(Markup);
        await Expect(visitor.Main.Locator("img, b")).ToHaveCountAsync(0);

        await visitor.Field("Units").FillAsync("3");
        await visitor.Button("Consume").ClickAsync();
        await visitor.SeesAsync("6 / 10");
    }

    /// <summary>Uses 7 units of a workspace now, and has one call refused; 4 units were used 10 days ago.</summary>
    private async Task<(TestToken Most, TestToken Less)> UseAsync(string workspace)
    {
        var fields = new { ws_id = workspace, email = "a@example.com", operation = "unlimited", quota_type = "count", total_quota = 10 };
        var (most, less) = (await App.CreateTokenAsync(fields), await App.CreateTokenAsync(fields));
        Assert.Equal(200, (await App.ConsumeAsync(most, 6)).Status);
        Assert.Equal(200, (await App.ConsumeAsync(less, 1)).Status);
        Assert.Equal(429, (await App.ConsumeAsync(less, 20)).Status);
        await App.RollUpAsync();
        await using var connection = await App.Sql.OpenAsync(default);
        await connection.ExecuteAsync(
            "INSERT INTO usage_hourly (starts_at, token, meter, action, ws_id, changes, quota_change, failed) VALUES (@at, @Id, '', 'consume', @workspace, 2, -4, 0)",
            new { at = QuarterHour.Of(DateTime.UtcNow.AddDays(-10)), most.Id, workspace });
        return (most, less);
    }

    private async Task MendAsync(ConsoleVisitor visitor, string id)
    {
        await using (var connection = await App.Sql.OpenAsync(default))
            Assert.Equal(1, await connection.ExecuteAsync("DELETE FROM token_quota_logs WHERE token = @id AND seq = 2", new { id }));
        await visitor.Button("Verify all books").ClickAsync();
        await visitor.SeesAsync("The books do not balance.");
        await visitor.Link(id).First.ClickAsync();
        await visitor.Field("Reason").FillAsync($"A row was removed by hand {Markup}");
        await visitor.Button("Mend the books").ClickAsync();
        await visitor.SeesAsync("The difference is explained.");
        await Expect(visitor.Page.Locator("section", new() { HasText = "One token" })).ToContainTextAsync("The books balance.");
        await App.DrainAsync();
        await visitor.Button("Verify all books").ClickAsync();
        await Expect(visitor.Page.Locator("section", new() { HasText = "All tokens" })).ToContainTextAsync("The books balance.");
    }

    private async Task DeleteAsync(ConsoleVisitor visitor, string id)
    {
        // The API takes no such address, but whoever can write to SQL might.
        await using (var connection = await App.Sql.OpenAsync(default))
            await connection.ExecuteAsync("UPDATE access_tokens SET email = @Markup WHERE access_token = @id", new { id, Markup });
        await visitor.GoToAsync($"#/token?id={id}");
        await visitor.SeesAsync(Markup);
        await Expect(visitor.Main.Locator("img")).ToHaveCountAsync(0);

        await visitor.Button("Delete token").ClickAsync();
        var dialog = visitor.Page.GetByRole(AriaRole.Dialog);
        var confirm = dialog.GetByRole(AriaRole.Button, new() { Name = "Delete token" });
        await Expect(confirm).ToBeDisabledAsync();
        await dialog.GetByRole(AriaRole.Textbox).FillAsync(id);
        await confirm.ClickAsync();
        await Expect(visitor.Heading("Tokens")).ToBeVisibleAsync();
        await visitor.GoToAsync($"#/tokens?token={id}");
        await visitor.SeesAsync("No token matches.");
    }
}
