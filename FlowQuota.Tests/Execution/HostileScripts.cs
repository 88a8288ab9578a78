namespace FlowQuota.Tests.Execution;

/// <summary>
/// Code that tries to break out, hang, fill the memory or overflow the stack, and how each must end. <c>Ok</c> is a
/// normal end. If more than one end is right (whichever limit is met first), they are separated by a bar.
/// </summary>
internal static class HostileScripts
{
    private const string Ok = "Ok";
    private const string Syntax = "SyntaxError";
    private const string Runtime = "RuntimeError";
    private const string Timeout = "TimeoutError";
    private const string Memory = "MemoryLimitError";
    private const string Result = "ResultError";
    // Reading such code takes time too, on a busy machine more than there is.
    private const string Deep = Syntax + "|" + Timeout;
    private const string Bounded = Timeout + "|" + Memory;

    /// <summary>Name, code, how it may end.</summary>
    public static readonly (string Name, string Code, string Ends)[] All =
    [
        // Breaking out of the wrapper.
        ("closes the wrapper", "}); evil(", Syntax),
        ("closes and opens again", "}) ; (async () => { return 1", Syntax),
        ("comments the wrapper out", "return 1 /*", Syntax),
        ("swallows the wrapper in a template", "return `", Syntax),
        ("swallows the wrapper in a regex", "return /a", Syntax),
        ("ends in a line comment", "return 5 //", Ok),
        ("html comment", "return 5 <!--", Ok),
        ("names of the wrapper", "return [typeof run, typeof ok, typeof fail, typeof value]", Ok),
        ("arguments of the wrapper", "return arguments", Runtime),
        ("static import", "import fs from 'fs'", Syntax),
        ("dynamic import", "return await import('fs')", Runtime),
        ("import.meta", "return import.meta", Syntax),
        ("eval", "return eval('1+1')", Runtime),
        ("indirect eval", "return (0, eval)('1+1')", Runtime),
        ("Function", "return new Function('return 1')()", Runtime),
        ("function constructor", "return (() => {}).constructor('return 1')()", Runtime),
        ("async function constructor", "return (async () => {}).constructor('return 1')()", Runtime),
        ("generator constructor", "return (function* () {}).constructor('yield 1')()", Runtime),
        ("process", "return process.exit(1)", Runtime),
        ("require", "return require('fs')", Runtime),
        ("CLR namespace", "return System.IO.File.ReadAllText('/etc/passwd')", Runtime),
        ("CLR type of console", "return console.log.GetType()", Runtime),
        ("shared memory", "return new SharedArrayBuffer(8)", Runtime),
        ("blocking wait", "return Atomics.wait(new Int32Array(4), 0, 0)", Runtime),
        ("another realm", "return new ShadowRealm().evaluate('1')", Runtime),

        // Never ending.
        ("endless loop", "while (true) {}", Timeout),
        ("endless counting", "let i = 0; for (;;) i++", Timeout),
        ("endless garbage", "for (;;) [1, 2, 3].map(x => ({ x }))", Timeout),
        ("endless garbage of strings", "for (let i = 0; ; i++) ('a'.repeat(1e5) + i).length", Timeout),
        ("endless garbage of buffers", "for (;;) new Uint8Array(4e6)", Timeout),
        ("endless loop that catches", "while (true) { try { while (true) {} } catch {} finally { continue } }", Timeout),
        ("endless finally", "try { while (true) {} } finally { while (true) {} }", Timeout),
        ("endless do", "do ; while (1)", Timeout),
        ("endless for without a body", "for (;;);", Timeout),
        ("endless microtasks", "function f() { return Promise.resolve().then(f).catch(f) } f(); await new Promise(() => {})", Bounded),
        ("endless await", "for (;;) { try { await null } catch {} }", Bounded),
        ("await that never settles", "await new Promise(() => {})", Timeout),
        ("endless generator", "function* g() { try { while (true) yield 1 } finally { while (true) {} } } for (const x of g()) {}", Bounded),
        ("endless async generator", "async function* g() { for (;;) yield 1 } for await (const x of g()) {}", Bounded),
        ("endless iterator helper", "function* g() { for (;;) yield 1 } return g().map(x => x).drop(1e9).next()", Bounded),
        ("endless comparator", "return [1, 2, 3].sort(() => { for (;;) {} })", Timeout),
        ("endless getter", "return { get a() { for (;;) {} } }.a", Timeout),
        ("endless proxy trap", "return new Proxy({}, { get() { for (;;) {} } }).x", Timeout),
        ("endless toString", "return `${{ toString() { for (;;) {} } }}`", Timeout),
        ("endless toJSON of the result", "return { toJSON() { for (;;) {} } }", Timeout),
        ("endless getter in a log", "console.log({ get a() { for (;;) {} } })", Timeout),
        ("endless stack of the error", "const e = new Error('x'); Object.defineProperty(e, 'stack', { get() { for (;;) {} } }); throw e", Timeout),
        ("endless then of the result", "return { then() { for (;;) {} } }", Timeout),
        ("then that never answers", "return { then() {} }", Timeout),
        ("backtracking", "return /^(a+)+$/.test('a'.repeat(40) + 'b')", Timeout),
        ("backtracking again and again", "while (true) try { /^(a+)+$/.test('a'.repeat(40) + 'b') } catch {}", Timeout),
        ("backtracking with a reference", @"return /(x+x+)+y\1/.test('x'.repeat(60))", Timeout),
        ("backtracking made at run time", "return new RegExp('^(a+)+$').test('a'.repeat(40) + 'b')", Timeout),
        ("native loop over a huge length", "return [].indexOf.call({ length: 2 ** 53 - 1 }, 1)", Bounded + "|" + Ok),
        ("native reverse of a huge length", "return [].reverse.call({ length: 1e12 })", Bounded),

        // Much out of little.
        ("repeat", "return 'a'.repeat(1e9).length", Memory),
        ("repeat below the engine's own limit", "return 'a'.repeat(5e8).length", Memory),
        ("repeat caught", "for (;;) try { 'ab'.repeat(2 ** 27) } catch {}", Memory),
        ("padEnd", "return 'a'.padEnd(5e8, 'xy').length", Memory),
        ("padStart", "return 'a'.padStart(5e8).length", Memory),
        ("doubled string", "let s = 'a'; for (;;) s += s", Bounded),
        ("concat of many", "const s = 'x'.repeat(1e6); return ''.concat(...Array(500).fill(s)).length", Memory),
        ("String.raw", "const s = 'x'.repeat(1e6); return String.raw({ raw: Array(500).fill(s) }).length", Memory),
        ("replaceAll", "return 'a'.repeat(1e5).replaceAll('a', 'b'.repeat(5000)).length", Memory),
        ("replaceAll with what follows", "return 'a'.repeat(20000).replaceAll('a', \"$'\").length", Memory),
        ("regex replace", "return 'a'.repeat(1e5).replace(/a/g, 'b'.repeat(5000)).length", Bounded),
        ("regex replace with both sides", "return 'a'.repeat(20000).replace(/a/g, \"$'$`\").length", Bounded),
        ("array with a huge length", "return Array(1e9).fill(1).length", Memory),
        ("array of array-like", "return Array.from({ length: 1e9 }).length", Memory),
        ("join of nothing", "return new Array(2 ** 32 - 1).join('x').length", Memory),
        ("join with a long separator", "return Array(1e5).join('x'.repeat(1e5)).length", Memory),
        ("join of one string many times", "return Array(900).fill('x'.repeat(1e6)).join().length", Memory),
        ("concat loop", "let a = [1]; for (;;) a = a.concat(a)", Bounded),
        ("push loop", "const a = []; for (;;) a.push(a.length)", Bounded),
        ("map that grows", "const m = new Map(); for (let i = 0; ; i++) m.set(i, i)", Bounded),
        ("apply with a huge length", "return Math.max.apply(null, { length: 4e8 })", Memory),
        ("keys of a proxy", "return Reflect.ownKeys(new Proxy({}, { ownKeys() { return { length: 1e9 } } }))", Memory + "|" + Runtime),
        ("array that holds itself, as JSON", "let a = []; for (let i = 0; i < 40; i++) a = [a, a]; return JSON.stringify(a).length", Bounded),
        ("array that holds itself, as JSON of some names", "let a = []; for (let i = 0; i < 40; i++) a = [a, a]; return JSON.stringify(a, ['x']).length", Bounded),
        ("array that holds itself, as text", "let a = ['x']; for (let i = 0; i < 40; i++) a = [a, a]; return String(a).length", Bounded),
        ("array that holds itself, as local text", "let a = ['x']; for (let i = 0; i < 40; i++) a = [a, a]; return a.toLocaleString().length", Bounded),
        ("array that holds itself, flat", "let a = [1]; for (let i = 0; i < 40; i++) a = [a, a]; return a.flat(Infinity).length", Bounded),
        ("array that holds itself, returned", "let a = []; for (let i = 0; i < 40; i++) a = [a, a]; return a", Result + "|" + Bounded),
        ("array that holds itself, logged", "let a = []; for (let i = 0; i < 40; i++) a = [a, a]; console.log(a)", Ok),
        ("long string many times as JSON", "return JSON.stringify(Array(500).fill('x'.repeat(1e6))).length", Memory),
        ("long key many times as JSON", "const o = { ['k'.repeat(1e6)]: 1 }; return JSON.stringify(Array(500).fill(o)).length", Memory),
        ("buffer", "return new ArrayBuffer(1e9).byteLength", Memory),
        ("buffer that can grow", "return new ArrayBuffer(1, { maxByteLength: 2e9 }).resize(2e9)", Memory),
        ("buffer that is moved", "return new ArrayBuffer(10).transfer(1e9).byteLength", Memory),
        ("typed array", "return new Uint8Array(1e9).fill(1).length", Memory),
        ("typed array by its instance", "return new (new Uint8Array(1).constructor)(1e9).fill(1).length", Memory),
        ("wide typed array", "return new Float64Array(2e8).length", Memory),
        ("BigInt power", "return String(2n ** 10000000n).length", Runtime),
        ("BigInt shift", "return 1n << 1000000000n", Runtime),
        ("BigInt factorial", "let x = 1n; for (let i = 1n; ; i++) x *= i", Bounded),

        // Deep.
        ("recursion", "function f() { return f() + 1 } f()", Runtime),
        ("recursion that catches", "function f() { try { return f() + 1 } catch { return f() } finally { f() } } return f()", Runtime),
        ("recursion over many functions", "const fs = []; for (let i = 0; i < 2000; i++) fs.push(new Proxy(() => fs[(i + 1) % 2000](), {})); return fs[0]()", Runtime + "|" + Bounded),
        ("recursion in a getter", "const o = { get a() { return this.a } }; return o.a", Runtime),
        ("recursion in toString", "const o = { toString() { return '' + this } }; return '' + o", Runtime),
        ("recursion in a constructor", "class A { constructor() { this.a = new A() } } new A()", Runtime),
        ("recursion in a class field", "class A { a = new A() } new A()", Runtime),
        // Each of these went through frames that catch and rethrow, which once took the stack's whole reserve.
        ("recursion over generators", Ring("function* () { yield* f[#]() }", "return [...f[0]()]"), Runtime + "|" + Bounded),
        ("recursion over async generators", Ring("async function* () { yield* f[#]() }", "for await (const x of f[0]());"), Runtime + "|" + Bounded),
        ("recursion over iterators", Ring("() => { for (const x of { [Symbol.iterator]: f[#] }); }", "return f[0]()"), Runtime + "|" + Bounded),
        ("recursion over rethrowing functions", Ring("() => { try { f[#]() } catch (e) { throw e } }", "return f[0]()"), Runtime + "|" + Bounded),
        ("recursion over async functions", Ring("async () => { try { await f[#]() } catch {} }", "return await f[0]()"), Runtime + "|" + Bounded),
        ("recursion over default values", Ring("(a = f[#]()) => 1", "return f[0]()"), Syntax),
        ("recursion over a few default values", Ring("(a = f[#]()) => 1", "return f[0]()", 60), Runtime + "|" + Bounded),
        ("recursion over callbacks", Ring("() => [1].map(() => f[#]())", "return f[0]()"), Runtime + "|" + Bounded),
        ("nested array as text", "let a = []; for (let i = 0; i < 50000; i++) a = [a]; return String(a).length", Runtime + "|" + Bounded),
        ("nested array as JSON", "let a = []; for (let i = 0; i < 50000; i++) a = [a]; return JSON.stringify(a).length", Runtime + "|" + Bounded),
        ("nested array flat", "let a = []; for (let i = 0; i < 50000; i++) a = [a]; return a.flat(Infinity).length", Ok + "|" + Runtime + "|" + Bounded),
        ("nested array returned", "let a = []; for (let i = 0; i < 50000; i++) a = [a]; return a", Result + "|" + Runtime + "|" + Bounded),
        ("nested array logged", "let a = []; for (let i = 0; i < 50000; i++) a = [a]; console.log(a)", Ok + "|" + Runtime + "|" + Bounded),
        ("nested JSON parsed", "return JSON.parse('['.repeat(100000) + ']'.repeat(100000))", Runtime),
        ("chain of proxies", "let p = {}; for (let i = 0; i < 50000; i++) p = new Proxy(p, {}); return p.x", Ok + "|" + Runtime + "|" + Bounded),
        ("chain of prototypes", "let p = {}; for (let i = 0; i < 50000; i++) p = Object.create(p); return p.x", Ok + "|" + Runtime + "|" + Bounded),
        ("chain of bound functions", "let f = () => 1; for (let i = 0; i < 50000; i++) f = f.bind(null); return f()", Ok + "|" + Runtime + "|" + Bounded),
        ("parentheses", Nested("return ", "(", 30_000, "1", ")"), Ok + "|" + Syntax + "|" + Bounded),
        ("brackets", Nested("return ", "[", 30_000, "", "]"), Deep),
        ("braces", Nested("", "{", 30_000, "", "}"), Deep),
        ("unary operators", Nested("return ", "!", 60_000, "1", ""), Deep),
        ("templates", Nested("return ", "`${", 15_000, "1", "}`"), Deep),
        ("binary operators", Nested("return 1", "-1", 30_000, "", ""), Deep),
        ("conditionals", Nested("return ", "1?1:", 15_000, "1", ""), Deep),
        ("members", Nested("return input", ".a", 30_000, "", ""), Deep),
        ("calls", Nested("return input", "()", 30_000, "", ""), Deep),
        ("assignments", Nested("return ", "a=", 30_000, "1", ""), Deep),
        ("arrows", Nested("return ", "()=>", 15_000, "1", ""), Deep),
        ("objects", Nested("return ", "{a:", 15_000, "1", "}"), Deep),
        ("patterns", Nested("let ", "[", 30_000, "x", "]") + "=1", Deep),
        ("else", Nested("", "if(0);else ", 5_000, ";", ""), Deep),
        ("defaults", Nested("(", "(a=", 2_000, "1", ")=>1") + ")", Deep),
        ("groups of a regex", "return new RegExp('('.repeat(200000) + ')'.repeat(200000)).test('a')", Ok + "|" + Runtime + "|" + Bounded),

        // Tampering with what the executor itself uses.
        ("then is replaced", "Promise.prototype.then = function () { while (true) {} }; return 1", Ok + "|" + Timeout),
        ("constructor of promises throws", "Object.defineProperty(Promise.prototype, 'constructor', { get() { throw 5 } }); return 1", Ok + "|" + Runtime),
        ("everything is thenable", "Object.defineProperty(Object.prototype, 'then', { get() { throw 3 } }); return {}", Ok + "|" + Runtime),
        ("everything has toJSON", "Object.prototype.toJSON = () => { throw 1 }; console.log({}); return {}", Result),
        ("hostile values in a log", "console.log({ toString() { throw 1 } }, { toJSON() { throw 1 } }, { get a() { throw 1 } }, new Proxy({}, { get() { throw 1 }, ownKeys() { throw 1 } }), Symbol('s'))", Ok),
        ("hostile error in a log", "const e = new Error('x'); Object.defineProperty(e, 'message', { get() { throw 1 } }); console.log(e)", Ok),
        ("revoked proxy in a log", "const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); console.log(proxy)", Ok),
        ("hostile value thrown", "throw { toString() { throw 1 }, toJSON() { throw 1 } }", Runtime),
        ("proxy thrown", "throw new Proxy(new Error('x'), { get() { throw 1 } })", Runtime),

        // Results that are no JSON.
        ("BigInt result", "return { a: 1n }", Result),
        ("symbol result", "return Symbol('x')", Result),
        ("circular result", "const a = {}; a.a = a; return a", Result),
        ("throwing toJSON", "return { toJSON() { throw new Error('no') } }", Result),
        ("large result", "return 'x'.repeat(2e6)", Result),
    ];

    // So many functions that the limit on one function's recursion never comes.
    private static string Ring(string function, string call, int size = 1000) =>
        $"const f = [{string.Join(',', Enumerable.Range(1, size).Select(i => function.Replace("#", $"{i % size}", StringComparison.Ordinal)))}]; {call}";

    private static string Nested(string before, string open, int times, string core, string close) =>
        before + Times(open, times) + core + Times(close, times);

    private static string Times(string part, int times) => string.Concat(Enumerable.Repeat(part, times));
}
