using System.Diagnostics;
using System.Text.Json;
using FlowQuota.Sandbox.Protocol;
using FlowQuota.Tests.Apps;
using Xunit;

namespace FlowQuota.Tests.Execution;

/// <summary>Code does what a JavaScript author expects, and its errors say where.</summary>
[Collection(SandboxCollection.Name)]
public sealed class SandboxCodeTests(SandboxCodeTests.Fixture fixture) : IClassFixture<SandboxCodeTests.Fixture>
{
    private static readonly RunLimits Limits = new() { Timeout = TimeSpan.FromSeconds(10) };

    private readonly TestSandbox _sandbox = fixture.Sandbox;

    [Theory]
    [InlineData("return 1 + 1", "2")]
    [InlineData("1 + 1", "null")]
    [InlineData("", "null")]
    [InlineData("return", "null")]
    [InlineData("return [NaN, Infinity, undefined, () => 1, new Date(0)]", "[null,null,null,null,\"1970-01-01T00:00:00.000Z\"]")]
    [InlineData("return await Promise.resolve(5)", "5")]
    [InlineData("return Promise.resolve([1])", "[1]")]
    [InlineData("return { then(resolve) { resolve(7) } }", "7")]
    [InlineData("const input = 5, console = 6; return input + console", "11")]
    [InlineData("'use strict'; return (function () { return this === undefined })()", "true")]
    [InlineData("return { text: 'é\\u{1F600}' }", "{\"text\":\"é\U0001F600\"}")]
    [InlineData("let s = 0; for (const x of [1, 2, 3]) s += x; return s", "6")]
    [InlineData("function f(n) { return n === 0 ? 0 : 1 + f(n - 1) } return f(480)", "480")]
    [InlineData("const walk = n => n === 0 ? [] : [1].map(() => walk(n - 1)); return walk(240).length", "1")]
    [InlineData("function f(n) { try { if (n > 0) { for (const x of [n]) { return Math.max(n, f(x - 1)) } } return 0 } finally { } } return f(480)", "480")]
    [InlineData("const f = ({ a = 1, b = [a, 2] } = {}, c = () => b.length) => a + b[1] + c(); return f()", "5")]
    [InlineData("class A { #x = 1; get x() { return this.#x } } return new A().x", "1")]
    [InlineData("return new Uint8Array([1, 2]).map(x => x * 2).join()", "\"2,4\"")]
    [InlineData("class X extends Uint8Array {} const x = new X(4); return x instanceof X && x instanceof Uint8Array", "true")]
    public async Task Code_returns_what_it_says(string code, string expected) =>
        Assert.Equal(expected, Outcomes.ResultOf(await Run(code)));

    [Theory]
    [InlineData("'abc'.replace('b', '[$&$`$\\'$$$1]')", "\"a[bac$$1]c\"")]
    [InlineData("'John Smith'.replace(/(\\w+)\\s(\\w+)/, '$2, $1')", "\"Smith, John\"")]
    [InlineData("('a-b' + 'c'.repeat(4e5)).replace(/(?<p>a)-(b)/, '[$<p>|$2|$1|$3|$01|$&|$$|$]').slice(0, 24)", "\"[a|b|a|$3|a|a-b|$|$]cccc\"")]
    [InlineData("'a'.repeat(5e4).replace(/a/g, '$$').length", "50000")]
    [InlineData("'aaa'.replaceAll('a', 'bb')", "\"bbbbbb\"")]
    [InlineData("'abc'.replace(/b/, m => m + m)", "\"abbc\"")]
    [InlineData("'x'.padStart(5, 'ab') + 'x'.padEnd(3) + '|'", "\"ababxx  |\"")]
    [InlineData("[1, [2, 3], null, 'a'].join('-')", "\"1-2,3--a\"")]
    [InlineData("[1, [2, [3]]].flat(Infinity).length", "3")]
    [InlineData("JSON.stringify({ a: 1, b: [1, { c: 2 }] }, ['b', 'c', 'a'])", "\"{\\\"b\\\":[1,{\\\"c\\\":2}],\\\"a\\\":1}\"")]
    [InlineData("JSON.stringify({ a: 1, b: 2 }, (k, v) => k === 'a' ? undefined : v, 1)", "\"{\\n \\\"b\\\": 2\\n}\"")]
    [InlineData("String.raw`a\\n${1}`", "\"a\\\\n1\"")]
    [InlineData("'a'.concat('b', 1, null)", "\"ab1null\"")]
    public async Task Guarded_built_ins_do_what_the_specification_says(string expression, string expected)
    {
        string result = Outcomes.ResultOf(await Run("return " + expression));
        Assert.Equal(JsonSerializer.Deserialize<JsonElement>(expected).ToString(), JsonSerializer.Deserialize<JsonElement>(result).ToString());
    }

    [Fact]
    public async Task Input_is_what_the_caller_sent()
    {
        const string input = "{\"a\":[1,{\"b\":\"é\"}],\"__proto__\":{\"x\":1}}";

        var outcome = await _sandbox.RunAsync("return [input.a[1].b, input.x, Array.isArray(input.a)]", input: input);

        Assert.Equal("[\"é\",null,true]", Outcomes.ResultOf(outcome));
        Assert.Equal("\"undefined\"", Outcomes.ResultOf(await Run("return typeof input")));
    }

    [Fact]
    public async Task Console_writes_one_line_a_call()
    {
        var outcome = await Run(
            "console.log('Hello'); console.info(1, 'a', null, undefined, true, 1n); console.warn({ a: [1, 'x'] }); console.error(new TypeError('no')); "
            + "console.debug(() => 1, function f() {}, Symbol('s')); console.log(); console.log('a\\ud800b')");

        Assert.Equal(
            ["Hello", "1 a null undefined true 1n", "{\"a\":[1,\"x\"]}", "TypeError: no", "[Function (anonymous)] [Function: f] Symbol(s)", "", "a\uFFFDb"],
            outcome.Logs);
    }

    [Fact]
    public async Task Lines_over_the_limits_are_cut_and_counted()
    {
        using var sandbox = new TestSandbox(Limits with { MaxLogLines = 3, MaxLogLineLength = 10 });

        var outcome = await sandbox.RunAsync("for (let i = 0; i < 10; i++) console.log('x'.repeat(20))");

        Assert.Equal(["xxxxxxxxx…", "xxxxxxxxx…", "xxxxxxxxx…", "… 7 more lines were dropped"], outcome.Logs);
    }

    [Fact]
    public async Task Errors_name_the_callers_own_lines_and_columns()
    {
        var failed = Failure(await Run("let a = 1;\nfunction f() {\n  return a.b.c;\n}\nf()"));

        Assert.Equal("RuntimeError", failed.ErrorType);
        Assert.StartsWith("TypeError: ", failed.Message, StringComparison.Ordinal);
        Assert.Contains("at f (code.js:3:14)", failed.Stack, StringComparison.Ordinal);
        Assert.Contains("code.js:5:1", failed.Stack, StringComparison.Ordinal);
        Assert.DoesNotContain("code.js:0", failed.Stack, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Syntax_errors_name_the_callers_own_lines_and_columns()
    {
        var failed = Failure(await Run("let x = 1;\nlet y = ;"));

        Assert.Equal(("SyntaxError", "Unexpected token ';' (line 2, column 9)"), (failed.ErrorType, failed.Message));
    }

    [Theory]
    [InlineData("throw 'boom'", "Uncaught boom")]
    [InlineData("throw { a: 1 }", "Uncaught {\"a\":1}")]
    [InlineData("throw null", "Uncaught null")]
    [InlineData("null.x", "TypeError: Cannot read properties of null (reading 'x')")]
    [InlineData("await Promise.reject(new RangeError('far'))", "RangeError: far")]
    public async Task Whatever_is_thrown_has_a_message(string code, string message) =>
        Assert.Equal(("RuntimeError", message), (Failure(await Run(code)).ErrorType, Failure(await Run(code)).Message));

    [Fact]
    public async Task A_message_is_short_and_fit_for_json()
    {
        var failed = Failure(await Run("throw new Error('\\ud800' + 'x'.repeat(1e5))"));

        Assert.True(failed.Message.Length <= 2000);
        Assert.DoesNotContain('\ud800', failed.Message);
    }

    [Theory]
    [InlineData("Object.prototype.leak = 1; Array.prototype.leak = 1; globalThis.leak = 1; leak2 = 1")]
    [InlineData("console.log = 1; JSON.stringify = 1; Promise.prototype.then = 1; String.prototype.repeat = 1")]
    public async Task No_call_sees_another_calls_state(string polluting)
    {
        const string probe = "console.log('x'); return [{}.leak, typeof leak, typeof leak2, typeof JSON.stringify, typeof ''.repeat, await Promise.resolve(1)]";
        await Run(polluting);

        var outcome = await Run(probe);

        Assert.Equal("[null,\"undefined\",\"undefined\",\"function\",\"function\",1]", Outcomes.ResultOf(outcome));
        Assert.Equal(["x"], outcome.Logs);
    }

    [Fact]
    public async Task One_cached_script_serves_concurrent_calls_apart()
    {
        const string code = "let n = 0; for (let i = 0; i < 1000; i++) n += input; globalThis.total = (globalThis.total ?? 0) + n; return total";

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 200).Select(
            i => _sandbox.RunAsync(code, input: $"{i}")));

        Assert.Equal(Enumerable.Range(0, 200).Select(i => $"{i * 1000}"), outcomes.Select(Outcomes.ResultOf));
    }

    [Fact]
    public async Task A_fired_token_stops_running_code_at_once()
    {
        using var sandbox = new TestSandbox(Limits with { Timeout = TimeSpan.FromMinutes(5), MaxStatements = int.MaxValue });
        using var gone = new CancellationTokenSource();
        var run = sandbox.RunAsync("while (true) {}", cancellationToken: gone.Token);
        await Eventually.TrueAsync(() => sandbox.Slots.InUse == 1);

        var clock = Stopwatch.StartNew();
        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(2), $"took {clock.Elapsed}");
    }

    private static ExecutionOutcome.Failed Failure(ExecutionOutcome outcome) => Assert.IsType<ExecutionOutcome.Failed>(outcome);

    private Task<ExecutionOutcome> Run(string code) => _sandbox.RunAsync(code);

    /// <summary>The workers of all these tests.</summary>
    public sealed class Fixture : IDisposable
    {
        public TestSandbox Sandbox { get; } = new(Limits);

        public void Dispose() => Sandbox.Dispose();
    }
}
