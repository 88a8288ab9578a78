namespace FlowQuota.Execution;

/// <summary>Runs a caller's JavaScript, shut off from everything and within <see cref="ExecutionLimits"/>.</summary>
public interface ICodeExecutor
{
    /// <summary>
    /// Runs the code. Whatever the code does is an <see cref="ExecutionOutcome"/>, never an exception.
    /// </summary>
    /// <param name="code">The source, UTF-16; the caller has checked its length.</param>
    /// <param name="input">What the code sees as <c>input</c>: UTF-8 JSON; empty = <c>undefined</c>.</param>
    /// <param name="cancellationToken">Stops the run: the client went or the host stops.</param>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> fired before the code ended.</exception>
    Task<ExecutionOutcome> ExecuteAsync(string code, ReadOnlyMemory<byte> input, CancellationToken cancellationToken);
}
