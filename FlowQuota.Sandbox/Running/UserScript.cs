using Acornima.Ast;
using Jint;

namespace FlowQuota.Sandbox.Running;

/// <summary>
/// A caller's code, parsed and ready to run in any engine: an async function's body, so that <c>return</c> and
/// <c>await</c> work.
/// </summary>
internal sealed class UserScript
{
    /// <summary>The name of the code in stacks.</summary>
    public const string FileName = "code.js";

    /// <summary>How many lines precede the caller's first.</summary>
    public const int LinesBefore = 1;

    // Evaluates to a function that takes the callback for the result and the callback for the error. All of it is on one line,
    // none of it is in the scope of the caller's code, and its catch does not catch a limit's exception.
    private const string Prefix =
        "(run => async (ok, fail) => { let value; try { value = await run() } catch (e) { return fail(e) } ok(value) })(async () => {\n";

    private const string Suffix = "\n})";

    private readonly Dictionary<string, bool> _words = new(StringComparer.Ordinal);

    private UserScript(string code, Prepared<Script> script) => (Code, Script) = (code, script);

    /// <summary>The source.</summary>
    public string Code { get; }

    /// <summary>The parsed code.</summary>
    public Prepared<Script> Script { get; }

    /// <summary>Whether a word is anywhere in the source. A run does not pay for what its code never names.</summary>
    /// <param name="word">A constant, because the result is cached.</param>
    public bool Contains(string word)
    {
        if (!_words.TryGetValue(word, out bool contains))
            _words.Add(word, contains = Code.Contains(word, StringComparison.Ordinal));
        return contains;
    }

    /// <summary>Parses code.</summary>
    /// <param name="code">The source.</param>
    /// <param name="regexTimeout">How long one match of a regular expression literal may take.</param>
    /// <exception cref="ScriptSyntaxException">The code does not parse, or is nested too deeply to run safely.</exception>
    public static UserScript Parse(string code, TimeSpan regexTimeout)
    {
        // Parsed alone first: code that parses by itself cannot close the wrapper, and errors have their own positions.
        string source = SyntaxCheck.Verify(code);

        // Regular expressions are interpreted: compiling one costs milliseconds and memory that is never released.
        var options = new ScriptPreparationOptions
        {
            ParsingOptions = new ScriptParsingOptions { CompileRegex = false, RegexTimeout = regexTimeout, RetainFunctionSourceText = true },
        };
        try
        {
            return new UserScript(code, Engine.PrepareScript(Prefix + source + Suffix, FileName, strict: false, options));
        }
        catch (ScriptPreparationException refused)
        {
            throw SyntaxCheck.Refusal(refused.InnerException ?? refused, LinesBefore);
        }
    }
}
