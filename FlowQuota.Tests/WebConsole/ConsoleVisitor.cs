using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Deque.AxeCore.Commons;
using FlowQuota.Tests.Apps;
using Microsoft.Playwright;
using Xunit;

namespace FlowQuota.Tests.WebConsole;

/// <summary>A tab with the console. The browser's complaints are recorded.</summary>
public sealed class ConsoleVisitor : IAsyncDisposable
{
    private static readonly string Axe = new BundledAxeScriptProvider().GetScript();

    private readonly IBrowserContext _context;
    private readonly Uri _origin;
    private readonly ConcurrentQueue<string> _complaints = new();

    internal ConsoleVisitor(IBrowserContext context, IPage page, Uri origin)
    {
        (_context, Page, _origin) = (context, page, origin);
        page.Console += (_, message) =>
        {
            // The browser reports each 4xx and 5xx as a failed resource; the page shows the API's message.
            if (message.Type is "error" or "warning" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal))
                _complaints.Enqueue(message.Text);
        };
        page.PageError += (_, error) => _complaints.Enqueue(error);
        page.Request += (_, request) =>
        {
            if (!new Uri(request.Url).IsBaseOf(_origin) && new Uri(request.Url).Authority != _origin.Authority && !request.Url.StartsWith("blob:", StringComparison.Ordinal))
                _complaints.Enqueue($"Fetched from elsewhere: {request.Url}");
        };
    }

    public IPage Page { get; }

    /// <summary>Where the screen is.</summary>
    public ILocator Main => Page.Locator("main");

    public ILocator Button(string name) => Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    public ILocator Link(string name) => Page.GetByRole(AriaRole.Link, new() { Name = name, Exact = true });

    public ILocator Field(string label) => Main.GetByLabel(label, new() { Exact = true });

    public ILocator Heading(string name) => Page.GetByRole(AriaRole.Heading, new() { Name = name, Exact = true, Level = 1 });

    public async Task SignInAsync(string token = TestApp.AdminToken)
    {
        await Page.Locator("input[type=password]").FillAsync(token);
        await Page.Keyboard.PressAsync("Enter");
        await Page.Locator("#menu").WaitForAsync(new() { State = WaitForSelectorState.Attached });
    }

    /// <summary>Goes to a screen by its address and waits until everything is loaded.</summary>
    public async Task GoToAsync(string hash)
    {
        await Page.EvaluateAsync("hash => { location.hash = hash; }", hash);
        await LoadedAsync();
    }

    public Task LoadedAsync() => Assertions.Expect(Page.Locator("[aria-busy]")).ToHaveCountAsync(0);

    /// <summary>Waits until the screen shows a text.</summary>
    public Task SeesAsync(string text) => Assertions.Expect(Main).ToContainTextAsync(text);

    /// <summary>Waits until the screen shows a text like this.</summary>
    public Task SeesAsync(Regex text) => Assertions.Expect(Main).ToContainTextAsync(text);

    /// <summary>The accessibility problems that axe finds, by the rules of WCAG 2.2 AA.</summary>
    public async Task<IEnumerable<string>> BarriersAsync()
    {
        if (!await Page.EvaluateAsync<bool>("typeof axe === 'object'"))
            await Page.EvaluateAsync(Axe);
        string[] found = await Page.EvaluateAsync<string[]>("""
            async () => {
              const result = await axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'], resultTypes: ['violations'] });
              if (result.passes.length === 0) {
                throw new Error('axe checked nothing.');
              }
              return result.violations.filter(violation => violation.impact === 'serious' || violation.impact === 'critical')
                .flatMap(violation => violation.nodes.map(node => `${violation.id}: ${violation.help}: ${node.html}`));
            }
            """);
        return found.Select(barrier => $"{Page.Url}: {barrier}");
    }

    /// <summary>The browser complained about nothing: no violation of the policy, no error, nothing fetched from elsewhere.</summary>
    public void AssertClean() => Assert.Empty(_complaints);

    public async ValueTask DisposeAsync() => await _context.DisposeAsync();
}
