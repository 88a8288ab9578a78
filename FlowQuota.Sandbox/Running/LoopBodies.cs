using System.Text;
using Acornima.Ast;

namespace FlowQuota.Sandbox.Running;

/// <summary>
/// Turns the bodies of loops into lists of statements. If a loop's body is one statement, the engine does not notice that
/// a generator was asked to return at a <c>yield</c> inside, and runs on; in a list of statements it does.
/// </summary>
internal static class LoopBodies
{
    /// <summary>A loop's body; null if the node is no loop.</summary>
    public static Statement? Of(Node node) => node switch
    {
        WhileStatement loop => loop.Body,
        DoWhileStatement loop => loop.Body,
        ForStatement loop => loop.Body,
        ForInStatement loop => loop.Body,
        ForOfStatement loop => loop.Body,
        _ => null,
    };

    /// <summary>The code with an empty statement before the one of each body that has a <c>yield</c>, and with braces around both.</summary>
    /// <param name="code">The source.</param>
    /// <param name="bodies">Bodies of one statement, in braces or not.</param>
    public static string ToLists(string code, IEnumerable<Statement> bodies)
    {
        List<(int Position, string Text)> insertions = [];
        foreach (var body in bodies.Where(body => code.AsSpan(body.Start, body.End - body.Start).Contains("yield", StringComparison.Ordinal)))
        {
            if (body is BlockStatement)
            {
                insertions.Add((body.Start + 1, ";"));
                continue;
            }

            insertions.Add((body.Start, "{;"));
            insertions.Add((body.End, "}"));
        }

        return insertions.Count == 0 ? code : Insert(code, insertions);
    }

    private static string Insert(string code, List<(int Position, string Text)> insertions)
    {
        var text = new StringBuilder(code.Length + (2 * insertions.Count));
        int done = 0;
        foreach (var (position, inserted) in insertions.OrderBy(static insertion => insertion.Position))
        {
            // The space after an insertion of before gave way to it.
            if (position > done)
                text.Append(code, done, position - done);
            done = Math.Max(done, position);
            text.Append(inserted);
            if (inserted.Length == 1 && done < code.Length && code[done] == ' ')
                done++;
        }

        return text.Append(code, done, code.Length - done).ToString();
    }
}
