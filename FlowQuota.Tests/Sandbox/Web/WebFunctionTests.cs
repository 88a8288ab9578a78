using FlowQuota.Sandbox.Protocol;
using FlowQuota.Tests.Execution;
using Xunit;

namespace FlowQuota.Tests.Sandbox.Web;

/// <summary>The Web's functions on values answer as Node.js 20 does, and give code neither time nor memory beyond its limits.</summary>
[Collection(SandboxCollection.Name)]
public sealed class WebFunctionTests(WebFunctionTests.Fixture fixture) : IClassFixture<WebFunctionTests.Fixture>
{
    private readonly TestSandbox _sandbox = fixture.Sandbox;

    [Theory]
    [InlineData("Web/web.json")]
    [InlineData("Web/urls.json")]
    [InlineData("Web/console.json")]
    public Task They_answer_as_Node_does(string table) => Snippets.AgreeAsync(table, _sandbox);

    [Theory]
    [InlineData("const a = []; a.push(a); let deep = a; for (let i = 0; i < 1e5; i++) deep = [deep]; structuredClone(deep)", ErrorTypes.Runtime)]
    [InlineData("structuredClone(new Uint8Array(5e7))", ErrorTypes.MemoryLimit)]
    [InlineData("const b = new ArrayBuffer(6e7); structuredClone(b, { transfer: [b] })", ErrorTypes.MemoryLimit)]
    [InlineData("btoa('a'.repeat(2e7))", ErrorTypes.MemoryLimit)]
    [InlineData("new TextEncoder().encode('é'.repeat(2e7))", ErrorTypes.MemoryLimit)]
    [InlineData("new TextDecoder().decode(new Uint8Array(5e7))", ErrorTypes.MemoryLimit)]
    [InlineData("console.log('%s%s%s', ...Array(3).fill('x'.repeat(3e7)))", ErrorTypes.MemoryLimit)]
    [InlineData("new URLSearchParams('a&'.repeat(1e6))", ErrorTypes.MemoryLimit)]
    [InlineData("for (;;) setTimeout(() => {}, 1e5)", ErrorTypes.MemoryLimit)]
    [InlineData("for (;;) Promise.reject(1)", ErrorTypes.MemoryLimit)]
    [InlineData("new URL(`http://${'ü'.repeat(1e5)}`)", ErrorTypes.Runtime)]
    [InlineData("new URL(`http://${'xn--a.'.repeat(1e5)}`)", ErrorTypes.Runtime)]
    [InlineData("crypto.getRandomValues(new Uint8Array(65537))", ErrorTypes.Runtime)]
    public async Task What_is_too_much_is_refused(string code, string expected)
    {
        var failed = Assert.IsType<ExecutionOutcome.Failed>(await _sandbox.RunAsync(code));
        Assert.Equal(expected, failed.ErrorType);
    }

    // Each was quadratic once, or could be.
    [Theory]
    [InlineData("return new URL(`http://${'@'.repeat(1e5)}h`).href.length", "300007")]
    [InlineData("return new URL(`http://h/${'%2e%2e/a/'.repeat(1e5)}`).href.length", "11")]
    [InlineData("const p = new URLSearchParams(); for (let i = 0; i < 5000; i++) p.append('k', 'v'); return p.size", "5000")]
    [InlineData("let a = [1]; for (let i = 0; i < 40; i++) a = [a, a]; console.dir(a, { depth: null }); return structuredClone(a).length", "2")]
    [InlineData("const all = []; for (let i = 0; i < 2e4; i++) all.push(Promise.reject(i)); for (const p of all) p.catch(() => {}); return 1", "1")]
    public async Task Large_values_take_their_share_of_time(string code, string expected) =>
        Assert.Equal(expected, Outcomes.ResultOf(await _sandbox.RunAsync(code)));

    [Fact]
    public async Task Code_may_have_its_own_of_any_name()
    {
        const string code = """
            const URL = class {};
            function setTimeout() { return 'mine' }
            globalThis.atob = 5;
            structuredClone = undefined;
            console = { log: x => x };
            return [new URL().constructor.name, setTimeout(), atob, typeof structuredClone, console.log(1), typeof require];
            """;
        Assert.Equal("[\"URL\",\"mine\",5,\"undefined\",1,\"undefined\"]", Outcomes.ResultOf(await _sandbox.RunAsync(code)));
        // And the next run has none of it.
        Assert.Equal("[\"function\",\"function\"]", Outcomes.ResultOf(await _sandbox.RunAsync("return [typeof structuredClone, typeof console.table]")));
    }

    [Fact]
    public async Task Times_and_counts_are_written_with_their_labels()
    {
        var outcome = await _sandbox.RunAsync("console.time('t'); console.timeLog('t', 1); console.timeEnd('t'); console.timeEnd('t'); console.trace('here')");
        Assert.Matches("^t: [0-9.]+ms 1$", outcome.Logs[0]);
        Assert.Matches("^t: [0-9.]+ms$", outcome.Logs[1]);
        Assert.Equal(["Warning: No such label 't' for console.timeEnd()", "Trace: here"], outcome.Logs.Skip(2));
    }

    [Theory]
    [InlineData("return () => 1")]
    [InlineData("return class {}")]
    [InlineData("return Symbol('s')")]
    public async Task A_result_that_JSON_cannot_hold_is_an_error(string code) =>
        Assert.Equal(ErrorTypes.Result, Assert.IsType<ExecutionOutcome.Failed>(await _sandbox.RunAsync(code)).ErrorType);

    /// <summary>Workers for all tests.</summary>
    public sealed class Fixture : IDisposable
    {
        // A busy machine must not turn another end into a timeout.
        public TestSandbox Sandbox { get; } = new(new RunLimits { Timeout = TimeSpan.FromSeconds(30) });

        public void Dispose() => Sandbox.Dispose();
    }
}
