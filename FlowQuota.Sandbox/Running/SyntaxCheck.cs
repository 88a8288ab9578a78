using Acornima;
using Acornima.Ast;

namespace FlowQuota.Sandbox.Running;

/// <summary>Parses code and measures how deeply it is nested, before it runs.</summary>
internal sealed class SyntaxCheck
{
    /// <summary>
    /// Deepest syntax tree that is run. The interpreter recurses once a level, and the reserve of an
    /// worker's stack holds many times this; code written by people stays under 100.
    /// </summary>
    public const int MaxDepth = 1000;

    /// <summary>
    /// Deepest default value, pattern or class field: these are evaluated before a function's first checkpoint, where
    /// only the runtime's own small reserve of stack is certain.
    /// </summary>
    public const int MaxUncheckedDepth = 64;

    /// <summary>
    /// Most default values that are more than a constant, a name or a function. They are evaluated before the first checkpoint,
    /// so functions that call each other there in a ring could exhaust the whole stack. With so few, the limit on the recursion
    /// of each function comes first.
    /// </summary>
    public const int MaxComputedDefaults = 64;

    private readonly Stack<(int Start, int Depth, bool Runs)> _open = new();
    private readonly List<Statement> _loopBodies = [];
    private bool _tooDeep;
    private int _computedDefaults;

    private SyntaxCheck()
    {
    }

    /// <summary>Checks code.</summary>
    /// <returns>The code, or equivalent code that the engine runs correctly.</returns>
    /// <exception cref="ScriptSyntaxException">The code does not parse, or is nested too deeply.</exception>
    public static string Verify(string code)
    {
        var check = new SyntaxCheck();
        // The version of the language that Jint itself reads.
        var options = new ParserOptions
        {
            EcmaVersion = EcmaVersion.ES2026,
            ExperimentalESFeatures = ExperimentalESFeatures.Decorators
                | ExperimentalESFeatures.SourcePhaseImports
                | ExperimentalESFeatures.DeferImportEvaluation,
            AllowReturnOutsideFunction = true,
            AllowAwaitOutsideFunction = true,
            AllowTopLevelUsing = true,
            AllowHashBang = false,
            OnNode = check.Measure,
        };
        try
        {
            new Parser(options).ParseScript(code);
        }
        catch (Exception refused) when (refused is ParseErrorException or InsufficientExecutionStackException)
        {
            throw Refusal(refused, linesBefore: 0);
        }

        if (check._tooDeep)
            throw TooDeep();
        if (check._computedDefaults > MaxComputedDefaults)
            throw new ScriptSyntaxException($"More than {MaxComputedDefaults} default values are computed");
        return check._loopBodies.Count == 0 ? code : LoopBodies.ToLists(code, check._loopBodies);
    }

    /// <summary>The caller's error message for a parser's exception.</summary>
    public static ScriptSyntaxException Refusal(Exception refused, int linesBefore) => refused switch
    {
        ParseErrorException error => new ScriptSyntaxException(
            $"{error.Description} (line {Math.Max(1, error.LineNumber - linesBefore)}, column {error.Column + 1})"),
        InsufficientExecutionStackException => TooDeep(),
        _ => new ScriptSyntaxException(refused.Message),
    };

    private static ScriptSyntaxException TooDeep() => new($"The code is nested too deeply (at most {MaxDepth} levels)");

    // Nodes come children first, so those at or after a node's start that are still open are its children.
    private void Measure(Node node, in OnNodeContext context)
    {
        int below = 0;
        bool runs = RunsCode(node.Type);
        while (_open.TryPeek(out var last) && last.Start >= node.Start)
        {
            below = Math.Max(below, last.Depth);
            runs |= last.Runs;
            _open.Pop();
        }

        if (LoopBodies.Of(node) is { } body && body is not BlockStatement { Body.Count: not 1 })
            _loopBodies.Add(body);

        int depth = below + 1;
        _open.Push((node.Start, depth, runs && !IsFunction(node.Type)));
        if (runs && node.Type == NodeType.AssignmentPattern)
            _computedDefaults++;
        _tooDeep |= depth > MaxDepth || (depth > MaxUncheckedDepth && RunsUnchecked(node.Type));
    }

    private static bool RunsUnchecked(NodeType type) => type is NodeType.AssignmentPattern or NodeType.ObjectPattern
        or NodeType.ArrayPattern or NodeType.PropertyDefinition or NodeType.AccessorProperty;

    // Anything that can make a call: a getter, a conversion, an iterator.
    private static bool RunsCode(NodeType type) => type is not (NodeType.Literal or NodeType.Identifier or NodeType.ArrayExpression
        or NodeType.ObjectExpression or NodeType.Property or NodeType.AssignmentPattern) && !IsFunction(type);

    private static bool IsFunction(NodeType type) => type is NodeType.ArrowFunctionExpression or NodeType.FunctionExpression
        or NodeType.FunctionDeclaration;
}
