namespace FlowQuota.Execution;

/// <summary>
/// The lines that one run wrote to <c>console</c>, within their limits. A run that is given up may still be writing
/// while its log is read, so both go through a lock.
/// </summary>
internal sealed class RunLog(ExecutionLimits limits)
{
    private readonly Lock _gate = new();
    private readonly List<string> _lines = [];
    private int _dropped;

    /// <summary>Whether a further line would only be counted.</summary>
    public bool IsFull => _lines.Count >= limits.MaxLogLines;

    /// <summary>Adds a line, cut to its limit; counts it where there is no room.</summary>
    public void Add(string line)
    {
        lock (_gate)
        {
            if (IsFull)
                _dropped++;
            else
                _lines.Add(SafeText.Cut(line, limits.MaxLogLineLength));
        }
    }

    /// <summary>The lines until now, and how many were dropped.</summary>
    public IReadOnlyList<string> Snapshot()
    {
        lock (_gate)
        {
            if (_dropped > 0)
                return [.. _lines, $"… {_dropped} more lines were dropped"];
            return _lines.Count == 0 ? [] : _lines.ToArray();
        }
    }
}
