using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using Microsoft.Playwright;
using Xunit;

namespace FlowQuota.Tests.WebConsole;

/// <summary>A browser and an app that tests share; each test has a tab with a memory of its own.</summary>
public sealed class ConsoleBrowser : IAsyncLifetime
{
    // No part of the browser may use the network.
    private static readonly string[] Arguments =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync",
    ];

    private readonly TestWorld _world = TestWorld.Embedded();
    private IPlaywright? _playwright;
    private IBrowser? _browser;
    private TestApp? _app;

    public TestApp App => _app!;

    public async Task InitializeAsync()
    {
        if (TestServers.SkipReason(TestServers.ChromiumVariable) is not null)
            return;
        _app = await _world.StartAppAsync(("FLOW_TIME_ZONE", "Europe/Berlin"));
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = TestServers.Program(TestServers.ChromiumVariable),
            Args = Arguments,
        });
    }

    /// <summary>Opens the console in a tab.</summary>
    /// <param name="hash">The address after <c>/console/</c>, such as <c>#/tokens</c>, or <c>api</c> for the reference.</param>
    /// <param name="isDark">The theme.</param>
    /// <param name="isPhone">True for a narrow page with a finger, false for a wide one.</param>
    /// <param name="language">The browser's preferred language.</param>
    public async Task<ConsoleVisitor> OpenAsync(string hash = "", bool isDark = false, bool isPhone = false, string language = "en-US")
    {
        var context = await _browser!.NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = App.Client.BaseAddress!.ToString(),
            ColorScheme = isDark ? ColorScheme.Dark : ColorScheme.Light,
            Locale = language,
            ViewportSize = isPhone ? new ViewportSize { Width = 390, Height = 844 } : new ViewportSize { Width = 1280, Height = 800 },
            HasTouch = isPhone,
        });
        var visitor = new ConsoleVisitor(context, await context.NewPageAsync(), App.Client.BaseAddress!);
        await visitor.Page.GotoAsync($"/console/{hash}");
        return visitor;
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
        await _world.DisposeAsync();
    }
}
