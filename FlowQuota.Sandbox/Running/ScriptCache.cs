namespace FlowQuota.Sandbox.Running;

/// <summary>Caches parsed scripts by their source; the least recently used go first. Not thread-safe: one run at a time.</summary>
/// <param name="capacity">Most scripts that are cached.</param>
/// <param name="parse">Parses a script that is not cached.</param>
internal sealed class ScriptCache(int capacity, Func<string, UserScript> parse)
{
    // A tree takes some fifty bytes a character, and each worker has a cache of its own.
    private const int MaxTotalLength = 256 * 1024;

    private readonly Dictionary<string, LinkedListNode<UserScript>> _nodes = new(StringComparer.Ordinal);
    private readonly LinkedList<UserScript> _byUse = new();
    private int _totalLength;

    /// <summary>How many scripts are cached.</summary>
    public int Count => _nodes.Count;

    /// <summary>The parsed script, parsed now if it is not cached.</summary>
    /// <exception cref="ScriptSyntaxException">The script cannot be parsed; that is not cached.</exception>
    public UserScript Get(string code)
    {
        if (!_nodes.TryGetValue(code, out var node))
            return Add(parse(code));
        if (_byUse.First != node)
        {
            _byUse.Remove(node);
            _byUse.AddFirst(node);
        }

        return node.Value;
    }

    private UserScript Add(UserScript script)
    {
        _nodes.Add(script.Code, _byUse.AddFirst(script));
        _totalLength += script.Code.Length;
        while (Count > capacity || _totalLength > MaxTotalLength)
            RemoveOldest();
        return script;
    }

    private void RemoveOldest()
    {
        var oldest = _byUse.Last!.Value;
        _byUse.RemoveLast();
        _nodes.Remove(oldest.Code);
        _totalLength -= oldest.Code.Length;
    }
}
