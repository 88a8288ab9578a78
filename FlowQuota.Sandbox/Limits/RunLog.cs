using FlowQuota.Sandbox.Protocol;

namespace FlowQuota.Sandbox.Limits;

/// <summary>The lines that one run wrote to <c>console</c>, within their limits.</summary>
internal sealed class RunLog(RunLimits limits)
{
    private readonly List<string> _lines = [];
    private int _dropped;

    /// <summary>Whether a further line would only be counted.</summary>
    public bool IsFull => _lines.Count >= limits.MaxLogLines;

    /// <summary>Adds a line, truncated to its limit; counts it if there is no room.</summary>
    public void Add(string line)
    {
        if (IsFull)
            _dropped++;
        else
            _lines.Add(SafeText.Truncate(line, limits.MaxLogLineLength));
    }

    /// <summary>The lines until now, and how many were dropped.</summary>
    public IReadOnlyList<string> Snapshot()
    {
        if (_dropped > 0)
            return [.. _lines, $"… {_dropped} more lines were dropped"];
        return _lines.Count == 0 ? [] : _lines.ToArray();
    }
}
