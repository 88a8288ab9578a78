using FlowQuota.Sandbox.Protocol;
using FlowQuota.Tests.Execution;
using Xunit;

namespace FlowQuota.Tests.Sandbox.Modules;

/// <summary><c>require</c> finds the operator's packages by Node.js's rules, and nothing else on the machine.</summary>
[Collection(SandboxCollection.Name)]
public sealed class RequireTests(RequireTests.Fixture fixture) : IClassFixture<RequireTests.Fixture>
{
    private readonly TestSandbox _sandbox = fixture.Sandbox;

    [Theory]
    [InlineData("require('plain').name", "\"/node_modules/plain/index.js\"")]
    [InlineData("require('plain').folder", "\"/node_modules/plain\"")]
    [InlineData("require('plain').self", "true")]
    [InlineData("require('main')()", "\"datatrue\"")]
    [InlineData("require('main/data.json').value", "\"data\"")]
    [InlineData("require('main/data').value", "\"data\"")]
    [InlineData("require('main/lib/other').x", "true")]
    [InlineData("require('@scope/pkg') + require('@scope/pkg/sub/file')", "\"scopedsub\"")]
    [InlineData("require('modern')", "\"right\"")]
    [InlineData("require('modern/feature/a')", "\"feature a\"")]
    [InlineData("typeof require('modern/package.json').exports", "\"object\"")]
    [InlineData("require('browser')", "[0,\"browser\"]")]
    [InlineData("require('dual')", "\"cjs\"")]
    [InlineData("[require('outer'), require('inner')]", "[\"nested\",\"top\"]")]
    [InlineData("require('cycle')", "{\"early\":1,\"other\":{\"seen\":[\"early\"]},\"late\":2}")]
    [InlineData("require('plain') === require('plain')", "true")]
    [InlineData("require('alias').name", "\"/node_modules/alias/index.js\"")]
    [InlineData("require.resolve('main')", "\"/node_modules/main/lib/start.js\"")]
    [InlineData("(() => { const secret = 1; return require('calls')((...all) => all) })()", "[\"undefined\",\"undefined\",true]")]
    [InlineData("[typeof module, typeof exports, typeof __filename, typeof process]", "[\"undefined\",\"undefined\",\"undefined\",\"undefined\"]")]
    [InlineData("require('large')", "200000")]
    public async Task A_package_is_what_it_is_in_Node(string expression, string expected) =>
        Assert.Equal(expected, Outcomes.ResultOf(await _sandbox.RunAsync($"return {expression}")));

    [Theory]
    [InlineData("nowhere")]
    [InlineData("fs")]
    [InlineData("node:fs")]
    [InlineData("./plain")]
    [InlineData("../secret")]
    [InlineData("../../secret.js")]
    [InlineData("/etc/passwd")]
    [InlineData("C:\\\\secret")]
    [InlineData("plain/../../secret")]
    [InlineData("plain/../../../secret.js")]
    [InlineData("plain\\\\..\\\\..\\\\secret")]
    [InlineData("plain\\0")]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData(".package-lock.json")]
    [InlineData("text/notes.txt")]
    [InlineData("leads")]
    [InlineData("climbs")]
    [InlineData("linked/secret")]
    [InlineData("linked/secret.js")]
    [InlineData("linked/folder/passwd")]
    [InlineData("etc/passwd")]
    [InlineData("@scope")]
    [InlineData("@scope/../plain")]
    [InlineData("modern/right.cjs")]
    [InlineData("modern/feature/private/b")]
    [InlineData("modern/up")]
    [InlineData("modern/feature/../right")]
    public async Task Nothing_else_is_found(string specifier)
    {
        var outcome = await _sandbox.RunAsync($"try {{ return require('{specifier}') }} catch (e) {{ return [e.code, e instanceof Error, e.message] }}");
        string result = Outcomes.ResultOf(outcome);
        Assert.StartsWith("[\"", result, StringComparison.Ordinal);
        Assert.Contains("true,\"Cannot find module ", result, StringComparison.Ordinal);
        Assert.DoesNotContain("'secret'", result, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nowhere", "Error: Cannot find module 'nowhere' (installed are ", "MODULE_NOT_FOUND")]
    [InlineData("modern/none", "Error: Cannot find module 'modern/none': the package modern exports no such path", "ERR_PACKAGE_PATH_NOT_EXPORTED")]
    [InlineData("esm", "Error: require() of ES Module esm is not supported", "ERR_REQUIRE_ESM")]
    [InlineData("broken", "Error: node_modules/broken/index.js does not parse: ", "ERR_INVALID_MODULE")]
    [InlineData("damaged", "Error: damaged/package.json is no valid JSON", "ERR_INVALID_MODULE")]
    [InlineData("throws", "Error: at load", "undefined")]
    public async Task An_error_says_what_is_wrong(string specifier, string message, string code)
    {
        // Twice, because half a module must not be kept.
        for (int i = 0; i < 2; i++)
        {
            var outcome = await _sandbox.RunAsync($"try {{ require('{specifier}') }} catch (e) {{ console.log(e.code) }} require('{specifier}')");
            var failed = Assert.IsType<ExecutionOutcome.Failed>(outcome);
            Assert.StartsWith(message, failed.Message, StringComparison.Ordinal);
            Assert.Equal([code], failed.Logs);
        }
    }

    [Fact]
    public async Task A_stack_names_the_package_s_lines()
    {
        var failed = Assert.IsType<ExecutionOutcome.Failed>(await _sandbox.RunAsync("\nrequire('calls')(() => { throw new Error('mine') })"));
        Assert.Contains("outer (node_modules/calls/index.js:4:13)", failed.Stack, StringComparison.Ordinal);
        Assert.Contains("code.js:2:", failed.Stack, StringComparison.Ordinal);
        failed = Assert.IsType<ExecutionOutcome.Failed>(await _sandbox.RunAsync("require('throws')"));
        Assert.Contains("node_modules/throws/index.js:2:7", failed.Stack, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Packages_run_within_the_limits()
    {
        using var sandbox = fixture.Start(timeout: TimeSpan.FromSeconds(2));
        var failed = Assert.IsType<ExecutionOutcome.Failed>(await sandbox.RunAsync("require('endless')"));
        Assert.Equal(ErrorTypes.Timeout, failed.ErrorType);
        Assert.Equal("\"right\"", Outcomes.ResultOf(await sandbox.RunAsync("return require('modern')")));
    }

    [Fact]
    public async Task A_run_sees_nothing_of_another_run_s_modules()
    {
        Assert.Equal("5", Outcomes.ResultOf(await _sandbox.RunAsync("require('plain').mark = 5; return require('plain').mark")));
        for (int i = 0; i < 5; i++)
            Assert.Equal("\"undefined\"", Outcomes.ResultOf(await _sandbox.RunAsync("return typeof require('plain').mark")));
    }

    [Fact]
    public async Task Jobs_wait_while_a_package_is_loaded() => Assert.Equal(
        "[\"sync\",\"job\"]",
        Outcomes.ResultOf(await _sandbox.RunAsync("const r = []; Promise.resolve().then(() => r.push('job')); require('plain'); r.push('sync'); await 0; return r")));

    [Fact]
    public async Task Without_a_folder_there_is_no_require()
    {
        using var sandbox = new TestSandbox(new RunLimits { Timeout = TimeSpan.FromSeconds(30) });
        Assert.Equal("\"undefined\"", Outcomes.ResultOf(await sandbox.RunAsync("return typeof require")));
        var failed = Assert.IsType<ExecutionOutcome.Failed>(await sandbox.RunAsync("require('plain')"));
        Assert.Equal("ReferenceError: require is not defined", failed.Message);
    }

    /// <summary>The packages, and workers that may require them.</summary>
    public sealed class Fixture : IDisposable
    {
        private readonly PackageFolder _packages = new PackageFolder()
            .With("plain/index.js", "exports.name = __filename; exports.folder = __dirname; exports.self = this === exports; exports.keys = Object.keys(module)")
            .With("main/package.json", """{ "main": "lib/start" }""")
            .With("main/lib/start.js", "module.exports = () => require('../data.json').value + require('./other').x")
            .With("main/lib/other/index.js", "exports.x = require('plain').self")
            .With("main/data.json", """{ "value": "data" }""")
            .With("@scope/pkg/index.js", "module.exports = 'scoped'")
            .With("@scope/pkg/sub/file.js", "module.exports = 'sub'")
            .With("modern/package.json", """
                { "main": "./wrong.js", "exports": {
                    ".": { "import": "./esm.mjs", "require": { "node": "./node.cjs", "default": "./right.cjs" } },
                    "./feature/*": { "default": "./features/*.js" }, "./feature/private/*": null, "./up": "./../plain/index.js", "./package.json": "./package.json" } }
                """)
            .With("modern/right.cjs", "module.exports = 'right'")
            .With("modern/features/a.js", "module.exports = 'feature a'")
            .With("modern/features/private/b.js", "module.exports = 'private'")
            .With("browser/package.json", """{ "browser": { "fs": false, "./rng.js": "./rng-browser.js" } }""")
            .With("browser/index.js", "module.exports = [Object.keys(require('fs')).length, require('./rng')]")
            .With("browser/rng.js", "module.exports = require('crypto')")
            .With("browser/rng-browser.js", "module.exports = 'browser'")
            .With("dual/package.json", """{ "exports": { "node": { "require": "./node.js" }, "browser": { "import": "./esm.mjs", "require": "./cjs.js" }, "default": "./esm.mjs" } }""")
            .With("dual/cjs.js", "module.exports = 'cjs'")
            .With("outer/index.js", "module.exports = require('inner')")
            .With("outer/node_modules/inner/index.js", "module.exports = 'nested'")
            .With("inner/index.js", "module.exports = 'top'")
            .With("cycle/index.js", "exports.early = 1; exports.other = require('./other'); exports.late = 2")
            .With("cycle/other.js", "exports.seen = Object.keys(require('./index'))")
            .With("esm/package.json", """{ "type": "module", "main": "index.js" }""")
            .With("esm/index.js", "export default 1")
            .With("throws/index.js", "\nthrow new Error('at load')")
            .With("broken/index.js", "let x =\nlet y")
            .With("damaged/package.json", "{")
            .With("damaged/index.js", "")
            .With("calls/index.js", "#!/usr/bin/env node\n'use strict';\nmodule.exports = function outer(f) {\n  const r = f(typeof secret, typeof input, this === undefined);\n  return r }")
            .With("endless/index.js", "for (;;);")
            .With("large/index.js", $"module.exports = [{string.Join(',', Enumerable.Range(0, 200_000))}].length")
            .With("text/notes.txt", "module.exports = 'text'")
            .With("leads/package.json", """{ "main": "../../secret.js" }""")
            .With("climbs/index.js", "module.exports = require('../../secret')")
            .WithLink("linked/secret.js", "../../../secret.js")
            .WithLink("linked/folder", "/etc")
            .WithLink("etc", "/etc")
            .WithLink("alias", "plain");

        // A busy machine must not turn another end into a timeout.
        public Fixture() => Sandbox = Start(timeout: TimeSpan.FromSeconds(30));

        public TestSandbox Sandbox { get; }

        public TestSandbox Start(TimeSpan timeout) => new(new RunLimits { ModulesFolder = _packages.Folder, Timeout = timeout });

        public void Dispose()
        {
            Sandbox.Dispose();
            _packages.Dispose();
        }
    }
}
