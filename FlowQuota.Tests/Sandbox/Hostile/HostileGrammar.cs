namespace FlowQuota.Tests.Sandbox.Hostile;

/// <summary>
/// Generates scripts in which built-in functions call one another through the functions that the language calls by itself:
/// conversions, iterators, promises, regular expressions, getters, traps, species, comparators, replacements. No statement of
/// the script runs in between, so the engine checks no limit. The same seed gives the same script.
/// </summary>
internal sealed class HostileGrammar(int seed)
{
    private static readonly string[] Functions =
    [
        "''.trim", "''.concat", "''.replace", "''.replaceAll", "''.split", "''.match", "''.matchAll", "''.search", "''.padEnd", "''.repeat", "''.normalize",
        "''.localeCompare", "''.at", "''[Symbol.iterator]", "String", "String.raw", "String.fromCharCode", "Object.prototype.toString",
        "Object.prototype.toLocaleString", "Object.prototype.valueOf", "Object.prototype.hasOwnProperty", "Object.assign", "Object.entries",
        "Object.fromEntries", "Object.defineProperties", "Object.groupBy", "Object.freeze", "Object", "Array", "Array.from", "Array.of", "Array.isArray", "[].concat",
        "[].join", "[].flat", "[].flatMap", "[].map", "[].forEach", "[].sort", "[].toSorted", "[].reduce", "[].reduceRight", "[].splice", "[].fill", "[].copyWithin",
        "[].includes", "[].find", "[].toString", "[].toLocaleString", "[][Symbol.iterator]", "[].keys()['next']", "Error", "Error.prototype.toString", "TypeError",
        "Date", "Date.prototype.toJSON", "Date.prototype[Symbol.toPrimitive]", "Date.prototype.toString", "/a/.test", "/a/.exec", "/a/[Symbol.replace]",
        "/a/[Symbol.match]", "/a/[Symbol.matchAll]", "/a/[Symbol.split]", "/a/[Symbol.search]", "/a/.toString", "RegExp", "JSON.stringify", "JSON.parse", "Map", "Set",
        "Map.groupBy", "Map.prototype.set", "Map.prototype.forEach", "Set.prototype.add", "Set.prototype.union", "new Map().entries", "WeakMap", "Promise", "Promise.all",
        "Promise.allSettled", "Promise.any", "Promise.race", "Promise.resolve", "Promise.prototype.then", "Promise.prototype.finally", "Reflect.get", "Reflect.set",
        "Reflect.apply", "Reflect.construct", "Reflect.ownKeys", "Reflect.defineProperty", "Reflect.getPrototypeOf", "Proxy", "Function.prototype.call",
        "Function.prototype.apply", "Function.prototype.bind", "Function.prototype[Symbol.hasInstance]", "Function.prototype.toString", "Number",
        "Number.prototype.toString", "Number.prototype.toFixed", "BigInt", "BigInt.asUintN", "BigInt.prototype.toString", "Symbol.prototype.toString", "parseInt",
        "parseFloat", "isNaN", "encodeURIComponent", "decodeURIComponent", "escape", "Uint8Array", "Uint8Array.from", "new Uint8Array(9).map", "new Uint8Array(9).sort",
        "new Uint8Array(9).set", "Float64Array.of", "ArrayBuffer", "DataView", "Math.max", "Math.hypot", "Intl.NumberFormat", "console.log", "console.table",
        "structuredClone", "queueMicrotask", "setTimeout", "URL", "URLSearchParams", "TextEncoder", "atob", "btoa",
    ];

    // Names under which the language itself calls a function.
    private static readonly string[] Hooks =
    [
        "toString", "valueOf", "toJSON", "toLocaleString", "toISOString", "exec", "next", "return", "then", "constructor", "length", "lastIndex", "flags", "index",
        "name", "message", "join", "add", "set", "has", "keys", "size", "resolve", "get", "apply", "construct", "ownKeys", "getPrototypeOf", "defineProperty",
        "getOwnPropertyDescriptor", "[Symbol.iterator]", "[Symbol.asyncIterator]", "[Symbol.toPrimitive]", "[Symbol.species]", "[Symbol.hasInstance]",
        "[Symbol.isConcatSpreadable]", "[Symbol.toStringTag]", "[Symbol.match]", "[Symbol.replace]", "[Symbol.split]", "[Symbol.unscopables]",
    ];

    // Operations that call the hooks of o.
    private static readonly string[] Triggers =
    [
        "''+o", "+o", "`${o}`", "o==1", "o<1", "[...o]", "new Set(o)", "Array.from(o)", "await o", "await Promise.all(o)", "await Promise.any([o])", "JSON.stringify(o)",
        "JSON.stringify({o})", "Object.fromEntries(o)", "''.replace(o,o)", "'aaa'.replaceAll('a',o)", "'a'.split(o)", "'a'.match(o)", "[3,o,1].sort(o)", "[o,[o]].flat(9)",
        "[o,o].join(o)", "[].concat(o,o)", "o instanceof o", "1 instanceof o", "new Proxy({},o).x", "new Proxy(o,o).x", "Reflect.ownKeys(new Proxy({},o))",
        "for (const x of o);", "for await (const x of o);", "for (const k in o);", "o()", "new o", "o`x`", "o.x", "o.x=1", "delete o.x", "String(o)", "Number(o)",
        "BigInt(o)", "new Date(o)", "new RegExp(o)", "new Uint8Array(o)", "new Array(o)", "Object.groupBy([1,2],o)", "Object.assign({},o)", "({...o})", "({[o]:1})",
        "Array.prototype.concat.call(o,o)", "RegExp.prototype[Symbol.replace].call(o,'aa','b')", "RegExp.prototype.test.call(o,'a')", "Error.prototype.toString.call(o)",
        "Date.prototype.toJSON.call(o)", "Array.prototype.toLocaleString.call(o)", "Math.max(o,o)", "'x'.padEnd(o,o)", "'x'.repeat(o)", "new Map([[o,o]]).get(o)",
        "console.log(o)", "throw o", "return o", "structuredClone(o)", "new URL(o)", "setTimeout(o)", "Promise.prototype.then.call(o,o,o)",
    ];

    private static readonly string[] Values =
        ["o", "o", "o", "p", "{}", "[]", "''", "0", "1e9", "2**31", "-1", "NaN", "'x'.repeat(1e5)", "Array(1e5)", "10n**999n", "/(a+)+$/", "Symbol()", "null", "undefined", "f"];

    private readonly Random _random = new(seed);

    /// <summary>A script, one statement a line, so that it can be shrunk by lines.</summary>
    public string Script()
    {
        List<string> lines = ["let f = " + Function() + ", o = " + Holder() + ", p = " + Holder() + ";"];
        for (int count = _random.Next(1, 6); count > 0; count--)
            lines.Add("try { " + Setup() + " } catch {}");
        for (int count = _random.Next(1, 4); count > 0; count--)
            lines.Add(_random.Next(4) == 0 ? One(Triggers) + ";" : "try { " + One(Triggers) + " } catch {}");
        return string.Join('\n', lines);
    }

    private string Setup() => _random.Next(9) switch
    {
        0 => $"Object.defineProperty(o, {Key()}, {{ get: {Function()}, configurable: true }});",
        1 => $"Object.defineProperty(o, {Key()}, {{ set: {Function()}, get: f, configurable: true }});",
        2 => $"Object.setPrototypeOf(o, {One("p", "new Proxy(o, o)", "new Proxy(o, {})", "f", "null")});",
        3 => $"o = new Proxy(o, {{ {Hook()}: {Function()}, get: {Function()} }});",
        4 => $"f = {Function()};",
        5 => $"p[{Key()}] = o; o[{Key()}] = p;",
        6 => $"f.prototype = o;",
        _ => $"o[{Key()}] = {Function()};",
    };

    private string Holder() => _random.Next(6) switch
    {
        0 => "[1, 2, 3]",
        1 => "/a/g",
        2 => Function(),
        3 => $"{{ {Hook()}: {Function()}, {Hook()}: {Function()} }}",
        4 => "new Error('e')",
        _ => "{}",
    };

    private string Function() => _random.Next(6) switch
    {
        0 => $"({One(Functions)}).bind({One(Values)}, {One(Values)})",
        1 => $"(({One(Functions)}).call).bind({One(Functions)}, {One(Values)})",
        2 => $"() => ({{ {Hook()}: {One(Functions)}, done: false }})",
        3 => $"() => {One("o", "p", "f", "[o, o]", "o.x")}",
        _ => One(Functions),
    };

    private string Hook() => One(Hooks);

    private string Key() => Hook() is var hook && hook.StartsWith('[') ? hook[1..^1] : $"'{hook}'";

    private string One(params string[] choices) => choices[_random.Next(choices.Length)];
}
