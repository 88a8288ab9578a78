using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Web;
using FlowQuota.Tests.FunctionsHost.Protocol;

namespace FlowQuota.Tests.FunctionsHost;

/// <summary>
/// Answers requests as the Functions host does: finds the function, invokes it over gRPC with what the caller sent as binding
/// data, and forwards the request itself to the worker's own port.
/// </summary>
internal sealed class HostHandler(TestFunctionsHost host) : DelegatingHandler(new SocketsHttpHandler { ConnectCallback = ConnectAsync, AllowAutoRedirect = false })
{
    private const string InvocationHeader = "x-ms-invocation-id";
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        string path = request.RequestUri!.AbsolutePath;
        var (function, values) = host.Functions.OrderBy(function => function.Name, StringComparer.OrdinalIgnoreCase)
            .Where(function => function.Type == "httpTrigger")
            .Select(function => (function, function.Match(request.Method.Method, path)))
            .First(match => match.Item2 is not null);

        var invocation = new InvocationRequest { InvocationId = Guid.NewGuid().ToString(), FunctionId = function.Id };
        invocation.InputData.Add(new ParameterBinding
        {
            Name = function.Parameter,
            Data = new TypedData { Http = new RpcHttp { Method = request.Method.Method, Url = request.RequestUri.AbsoluteUri } },
        });
        foreach (var (name, value) in values!)
        {
            // The value of a catch-all that matches nothing is null, which the host leaves out.
            if (value is string text)
                invocation.TriggerMetadata[name] = new TypedData { String = text };
        }

        await AddBindingDataAsync(invocation, request, cancellationToken);

        request.RequestUri = new Uri(host.WorkerUri, request.RequestUri.PathAndQuery);
        request.Headers.Add(InvocationHeader, invocation.InvocationId);
        await using var cancelling = cancellationToken.Register(() => host.Cancel(invocation.InvocationId));
        var invoked = host.InvokeAsync(invocation);
        var response = await base.SendAsync(request, cancellationToken);
        StatusResult result;
        try
        {
            result = await invoked;
        }
        catch (IOException)
        {
            // The worker ended after its answer and before its report of it; the caller has the answer.
            return response;
        }

        if (result.Status == StatusResult.Types.Status.Success)
            return response;
        response.Dispose();
        // As bare as the host's own; the reason is for the reader of a failed test.
        host.LastFailure = $"{result.Exception?.Message} {result.Exception?.StackTrace}";
        return new HttpResponseMessage(HttpStatusCode.InternalServerError);
    }

    // The worker reports itself over gRPC before its port listens, so the host tries again while that refuses.
    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        while (true)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused && Stopwatch.GetElapsedTime(started) < Patience)
            {
                socket.Dispose();
                await Task.Delay(RetryPause, cancellationToken);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
    }

    private static async Task AddBindingDataAsync(InvocationRequest invocation, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var query = HttpUtility.ParseQueryString(request.RequestUri!.Query);
        foreach (string? name in query.AllKeys)
        {
            if (name is { Length: > 0 })
                invocation.TriggerMetadata[name] = new TypedData { String = query[name] ?? "" };
        }

        if (request.Content?.Headers.ContentType?.MediaType != "application/json")
            return;
        try
        {
            using var body = JsonDocument.Parse(await request.Content.ReadAsByteArrayAsync(cancellationToken));
            if (body.RootElement.ValueKind != JsonValueKind.Object)
                return;
            foreach (var field in body.RootElement.EnumerateObject())
            {
                invocation.TriggerMetadata[field.Name] = field.Value.ValueKind == JsonValueKind.String
                    ? new TypedData { String = field.Value.GetString() }
                    : new TypedData { Json = field.Value.GetRawText() };
            }
        }
        catch (JsonException)
        {
            // The host gives up on it, too.
        }
    }
}
