using System.Collections.Concurrent;
using System.Threading.Channels;
using FlowQuota.Tests.FunctionsHost.Protocol;
using Grpc.Core;

namespace FlowQuota.Tests.FunctionsHost;

/// <summary>The stream of messages between the host and its worker, which the worker opens.</summary>
internal sealed class WorkerConnection : FunctionRpc.FunctionRpcBase
{
    private readonly Channel<StreamingMessage> _outgoing = Channel.CreateUnbounded<StreamingMessage>();
    private readonly ConcurrentDictionary<string, TaskCompletionSource<StreamingMessage>> _asked = new();
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<RpcLog> _logs = new();

    /// <summary>Completes when the worker has introduced itself.</summary>
    public Task Opened => _opened.Task;

    /// <summary>The worker's log entries that reached the host.</summary>
    public IReadOnlyList<RpcLog> Logs => [.. _logs];

    /// <summary>Sends a message and waits for its reply.</summary>
    /// <exception cref="IOException">The worker ended before it replied.</exception>
    public async Task<StreamingMessage> AskAsync(StreamingMessage message)
    {
        message.RequestId = Guid.NewGuid().ToString();
        var reply = new TaskCompletionSource<StreamingMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        _asked[message.RequestId] = reply;
        Tell(message);
        return await reply.Task;
    }

    /// <summary>Sends a message that has no reply.</summary>
    public void Tell(StreamingMessage message) => _outgoing.Writer.TryWrite(message);

    public override async Task EventStream(
        IAsyncStreamReader<StreamingMessage> requestStream, IServerStreamWriter<StreamingMessage> responseStream, ServerCallContext context)
    {
        var sending = SendAsync(responseStream, context.CancellationToken);
        try
        {
            await foreach (var message in requestStream.ReadAllAsync(context.CancellationToken))
                Receive(message);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The worker's process ended.
        }
        finally
        {
            _outgoing.Writer.TryComplete();
            foreach (var reply in _asked.Values)
                reply.TrySetException(new IOException("The worker closed its stream."));
            await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task SendAsync(IServerStreamWriter<StreamingMessage> stream, CancellationToken cancellationToken)
    {
        await foreach (var message in _outgoing.Reader.ReadAllAsync(cancellationToken))
            await stream.WriteAsync(message, cancellationToken);
    }

    private void Receive(StreamingMessage message)
    {
        switch (message.ContentCase)
        {
            case StreamingMessage.ContentOneofCase.StartStream:
                _opened.TrySetResult();
                break;
            case StreamingMessage.ContentOneofCase.RpcLog:
                _logs.Enqueue(message.RpcLog);
                break;
            default:
                if (_asked.TryRemove(message.RequestId, out var reply))
                    reply.TrySetResult(message);
                break;
        }
    }
}
