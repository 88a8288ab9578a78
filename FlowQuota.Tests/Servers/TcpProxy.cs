using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace FlowQuota.Tests.Servers;

/// <summary>Relays between a client and a server on the loopback, and can delay or lose the server's replies.</summary>
public sealed class TcpProxy : IAsyncDisposable
{
    private readonly int _port;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<TcpClient, bool> _open = new();
    private readonly Task _accepting;

    /// <param name="port">The server's port.</param>
    public TcpProxy(int port)
    {
        _port = port;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>The address for clients.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>How long each reply is held back.</summary>
    public TimeSpan ReplyDelay { get; set; }

    /// <summary>
    /// True = replies are lost, and the connection stays. It never has another reply, because the client would take that for
    /// the lost one.
    /// </summary>
    public bool LosesReplies { get; set; }

    /// <summary>Asked for each reply: true = its connection is closed in its place.</summary>
    public Func<bool>? CutsReply { get; set; }

    /// <summary>Breaks all connections.</summary>
    public void Reset()
    {
        foreach (var client in _open.Keys)
            client.Close();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        Reset();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> connections = [];
        try
        {
            while (true)
                connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var server = new TcpClient { NoDelay = true };
        using (client)
        {
            client.NoDelay = true;
            _open.TryAdd(client, true);
            _open.TryAdd(server, true);
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _port, _stop.Token);
                await Task.WhenAny(CopyAsync(client, server, isReply: false), CopyAsync(server, client, isReply: true));
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // The server is down, or the test is over: the client sees a closed connection.
            }

            _open.TryRemove(client, out _);
            _open.TryRemove(server, out _);
        }
    }

    private async Task CopyAsync(TcpClient from, TcpClient to, bool isReply)
    {
        byte[] buffer = new byte[64 * 1024];
        bool hasLostReply = false;
        try
        {
            while (await from.GetStream().ReadAsync(buffer, _stop.Token) is > 0 and var length)
            {
                if (isReply && CutsReply?.Invoke() == true)
                    return;
                if (isReply && ReplyDelay > TimeSpan.Zero)
                    await Task.Delay(ReplyDelay, _stop.Token);
                hasLostReply |= isReply && LosesReplies;
                if (!hasLostReply)
                    await to.GetStream().WriteAsync(buffer.AsMemory(0, length), _stop.Token);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // One side has closed; the caller closes the other.
        }
    }
}
