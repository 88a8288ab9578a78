using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using FlowQuota.Functions.WebConsole;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Contract;
using FlowQuota.Tests.Fuzzing;
using Xunit;

namespace FlowQuota.Tests.WebConsole;

/// <summary>Protects how the console is served: its files and no others, with headers that keep anything foreign out.</summary>
[Collection(ContractTests.Name)]
public sealed partial class ConsoleFilesTests(EmbeddedContractApp shared)
{
    private readonly TestApp _app = shared.App;

    [Fact]
    public async Task Each_file_is_served_with_its_type_and_a_policy_that_lets_in_nothing_foreign()
    {
        foreach (string path in ConsoleSite.Paths.Concat(["", ConsoleFiles.ServerFile, ConsoleFiles.Reference, ConsoleFiles.RedocFile]))
        {
            using var response = await _app.Client.GetAsync($"/console/{path}");

            Assert.Equal((path, HttpStatusCode.OK), (path, response.StatusCode));
            Assert.Equal(MediaType(path), response.Content.Headers.ContentType?.MediaType);
            Assert.Equal("utf-8", response.Content.Headers.ContentType?.CharSet);
            string policy = Header(response, "Content-Security-Policy");
            Assert.StartsWith("default-src 'self';", policy, StringComparison.Ordinal);
            Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
            Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
            Assert.Equal("nosniff", Header(response, "X-Content-Type-Options"));
            Assert.Equal("no-referrer", Header(response, "Referrer-Policy"));
            Assert.Equal("no-cache", Header(response, "Cache-Control"));
        }
    }

    [Fact]
    public async Task A_file_that_is_known_is_not_sent_again_and_HEAD_sends_headers_alone()
    {
        foreach (string path in ConsoleSite.Paths.Append(ConsoleFiles.Reference).Append(ConsoleFiles.RedocFile))
        {
            using var first = await _app.Client.GetAsync($"/console/{path}");
            using var again = new HttpRequestMessage(HttpMethod.Get, $"/console/{path}");
            again.Headers.IfNoneMatch.Add(first.Headers.ETag!);
            using var unchanged = await _app.Client.SendAsync(again);
            Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
            Assert.Empty(await unchanged.Content.ReadAsByteArrayAsync());

            using var head = new HttpRequestMessage(HttpMethod.Head, $"/console/{path}");
            using var headers = await _app.Client.SendAsync(head);
            Assert.Equal((HttpStatusCode.OK, first.Headers.ETag), (headers.StatusCode, headers.Headers.ETag));
            Assert.Equal(first.Content.Headers.ContentLength, headers.Content.Headers.ContentLength);
            Assert.Empty(await headers.Content.ReadAsByteArrayAsync());
        }
    }

    [Fact]
    public async Task The_address_without_a_slash_leads_to_the_one_with_it_under_any_prefix()
    {
        using var handler = new HttpClientHandler { AllowAutoRedirect = false, CheckCertificateRevocationList = true };
        using var client = new HttpClient(handler) { BaseAddress = _app.Client.BaseAddress };
        using var response = await client.GetAsync("/console");

        Assert.Equal(HttpStatusCode.Found, response.StatusCode);
        Assert.Equal("console/", response.Headers.Location?.OriginalString);
    }

    [Theory]
    [InlineData("nothing.js")]
    [InlineData("styles")]
    [InlineData("styles/")]
    [InlineData("index.html/")]
    [InlineData("INDEX.HTML")]
    [InlineData("/index.html")]
    [InlineData("lib//api.js")]
    [InlineData("lib/./../index.html%00")]
    [InlineData("%2e%2e/flow/health")]
    [InlineData("..%2f..%2f..%2fetc%2fpasswd")]
    [InlineData("%2fetc%2fpasswd")]
    [InlineData("..\\appsettings.json")]
    [InlineData("lib%5capi.js")]
    [InlineData("FlowQuota.SelfHost.dll")]
    public async Task Any_other_path_is_404_in_the_envelope(string path)
    {
        // By hand, because a client of the library would tidy the path.
        byte[] wire = Encoding.ASCII.GetBytes($"GET /console/{path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        var answer = await RawHttp.SendAsync(_app.Client.BaseAddress!, wire);

        Assert.Contains(answer!.Status, new[] { 400, 401, 404 });
        Assert.DoesNotContain("<!doctype", Encoding.UTF8.GetString(answer.Body), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task It_can_be_switched_off()
    {
        await using var world = TestWorld.Embedded();
        var app = await world.StartAppAsync(("CONSOLE_ENABLED", "false"), ("FLOW_TIME_ZONE", ContractApp.TimeZone));

        foreach (string path in new[] { "/console", "/console/", "/console/app.js", "/console/server.json", "/console/api", "/console/redoc.js" })
            Envelope.Refused(await app.SendAsync(HttpMethod.Get, path, null), 404, "NotFound");
    }

    [Fact]
    public async Task The_pages_learn_in_which_zone_the_API_tells_times()
    {
        var answer = await _app.SendAsync(HttpMethod.Get, "/console/server.json", null);
        Assert.Equal(ContractApp.TimeZone, answer.Body.GetProperty("time_zone").GetString());
    }

    /// <summary>A reader who starts at the two pages and follows the names comes to every file.</summary>
    [Fact]
    public void Every_file_is_named_by_another_and_every_name_is_a_file()
    {
        // The last two are the console's own address and the API's document.
        string[] made = [ConsoleFiles.ServerFile, ConsoleFiles.RedocFile, "", "flow/openapi.json"];
        var reached = new HashSet<string> { "index.html", "api.html" };
        var next = new Queue<string>(reached);
        while (next.TryDequeue(out string? path))
        {
            if (made.Contains(path))
                continue;
            Assert.Contains(path, ConsoleSite.Paths);
            foreach (string name in ConsoleSite.NamedBy(path).Where(reached.Add))
                next.Enqueue(name);
        }

        Assert.Equal(ConsoleSite.Paths, reached.Except(made).Order(StringComparer.Ordinal));
    }

    /// <summary>Modules that import one another would come one after the other, each a round trip later.</summary>
    [Fact]
    public void Every_module_is_asked_for_with_the_page()
    {
        string page = ConsoleSite.Read("index.html");
        Assert.All(ConsoleSite.Scripts.Where(path => path is not ("app.js" or "theme.js" or "reference.js")), path => Assert.Contains($"rel=\"modulepreload\" href=\"{path}\"", page, StringComparison.Ordinal));
    }

    /// <summary>Text from the API can never become markup or script, and no token can be kept.</summary>
    [Fact]
    public void No_script_can_set_HTML_evaluate_text_or_keep_anything_but_the_preferences()
    {
        foreach (string path in ConsoleSite.Scripts)
        {
            string text = ConsoleSite.Read(path);
            Assert.False(MarkupSink().IsMatch(text), $"{path}: {MarkupSink().Match(text)}");
            if (path is not ("lib/preferences.js" or "theme.js"))
                Assert.False(Storage().IsMatch(text), $"{path}: {Storage().Match(text)}");
        }
    }

    [Fact]
    public void No_file_names_another_origin_and_no_page_has_inline_script_or_style()
    {
        foreach (string path in ConsoleSite.Paths)
            Assert.Empty(Origin().Matches(ConsoleSite.Read(path)).Select(match => match.Value).Except(["http://www.w3.org"]));
        foreach (string page in new[] { "index.html", "api.html" })
            Assert.DoesNotMatch("<script(?![^>]*src=)|<style|\\son[a-z]+=|\\sstyle=", ConsoleSite.Read(page));
    }

    private static string Header(HttpResponseMessage response, string name) => string.Join(", ", response.Headers.GetValues(name));

    private static string MediaType(string path) => Path.GetExtension(path) switch
    {
        "" or ".html" => "text/html",
        ".css" => "text/css",
        ".js" => "text/javascript",
        ".json" => "application/json",
        ".svg" => "image/svg+xml",
        var other => throw new InvalidOperationException(other),
    };

    [GeneratedRegex(@"innerHTML|outerHTML|insertAdjacentHTML|document\.write|srcdoc|createContextualFragment|DOMParser|setHTML|\beval\(|new Function|javascript:|import\(")]
    private static partial Regex MarkupSink();

    [GeneratedRegex(@"localStorage|sessionStorage|indexedDB|document\.cookie|caches\.|serviceWorker|pushState\(\{|window\.name")]
    private static partial Regex Storage();

    [GeneratedRegex("(?:https?:)?//[a-z0-9-]+\\.[a-z0-9.-]+", RegexOptions.IgnoreCase)]
    private static partial Regex Origin();
}
