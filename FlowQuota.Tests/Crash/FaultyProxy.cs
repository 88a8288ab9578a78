using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace FlowQuota.Tests.Crash;

/// <summary>
/// Relays between FlowQuota and one of its servers and injects faults by a seed: data in one direction is delayed, lost from
/// then on (the connection stays), cut in the middle, followed by the end of that direction alone, or reset.
/// </summary>
public sealed class FaultyProxy : IAsyncDisposable
{
    private const int LongestDelayMs = 1500;

    private readonly int _port;
    private readonly int _perMille;
    private readonly Random _random;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<Socket, bool> _open = new();
    private readonly ConcurrentDictionary<string, int> _faults = new();
    private readonly Task _accepting;
    private volatile bool _misbehaves;

    /// <param name="port">The server's port.</param>
    /// <param name="seed">Draws the faults.</param>
    /// <param name="perMille">Of a thousand reads from a connection, how many meet each kind of fault.</param>
    public FaultyProxy(int port, int seed, int perMille)
    {
        (_port, _random, _perMille) = (port, new Random(seed), perMille);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>The address for clients.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>How often each kind of fault was injected.</summary>
    public IReadOnlyDictionary<string, int> Faults => _faults;

    public void Misbehave() => _misbehaves = true;

    /// <summary>From now on everything passes. Connections that a fault has hit are broken, and so are all others.</summary>
    public void Heal()
    {
        _misbehaves = false;
        foreach (var socket in _open.Keys)
            Reset(socket);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        Heal();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> connections = [];
        try
        {
            while (true)
                connections.Add(ServeAsync(await _listener.AcceptSocketAsync(_stop.Token)));
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using (client)
        {
            client.NoDelay = true;
            _open.TryAdd(client, true);
            _open.TryAdd(server, true);
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _port, _stop.Token);
                await Task.WhenAll(CopyAsync(client, server), CopyAsync(server, client));
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // The server is down, or the test is over: the client sees a closed connection.
            }

            _open.TryRemove(client, out _);
            _open.TryRemove(server, out _);
        }
    }

    /// <summary>One direction, until either side ends it or a fault breaks both.</summary>
    private async Task CopyAsync(Socket from, Socket to)
    {
        byte[] buffer = new byte[64 * 1024];
        bool isLost = false;
        try
        {
            while (await from.ReceiveAsync(buffer, _stop.Token) is > 0 and var length)
            {
                if (isLost)
                    continue;
                switch (Draw())
                {
                    case "late":
                        await Task.Delay(DelayMs(), _stop.Token);
                        await SendAsync(to, buffer.AsMemory(0, length));
                        break;
                    case "lost":
                        isLost = true;
                        break;
                    case "half open":
                        isLost = true;
                        to.Shutdown(SocketShutdown.Send);
                        break;
                    case "cut":
                        await SendAsync(to, buffer.AsMemory(0, length / 2));
                        Reset(to);
                        Reset(from);
                        return;
                    case "reset":
                        Reset(to);
                        Reset(from);
                        return;
                    default:
                        await SendAsync(to, buffer.AsMemory(0, length));
                        break;
                }
            }

            if (!isLost)
                to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One side has closed, so the other is closed too.
            Reset(to);
            Reset(from);
        }
    }

    private async Task SendAsync(Socket to, ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
            bytes = bytes[await to.SendAsync(bytes, _stop.Token)..];
    }

    private string? Draw()
    {
        if (!_misbehaves)
            return null;
        int drawn;
        lock (_random)
            drawn = _random.Next(1000);
        string? fault = (drawn / _perMille) switch
        {
            0 => "late",
            1 => "lost",
            2 => "half open",
            3 => "cut",
            4 => "reset",
            _ => null,
        };
        if (fault is not null)
            _faults.AddOrUpdate(fault, 1, (_, count) => count + 1);
        return fault;
    }

    private int DelayMs()
    {
        lock (_random)
            return _random.Next(LongestDelayMs);
    }

    private static void Reset(Socket socket)
    {
        try
        {
            // The other end is sent a reset instead of an end.
            socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It is closed or was never open.
        }

        socket.Dispose();
    }
}
