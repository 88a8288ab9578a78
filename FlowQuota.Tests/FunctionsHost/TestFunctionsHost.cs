using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using FlowQuota.Tests.Crash;
using FlowQuota.Tests.FunctionsHost.Protocol;
using FlowQuota.Tests.Servers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Status = FlowQuota.Tests.FunctionsHost.Protocol.StatusResult.Types.Status;

namespace FlowQuota.Tests.FunctionsHost;

/// <summary>
/// A small Functions host: starts the built worker as the real one does, loads its functions and invokes them, over the
/// worker's own protocol.
/// </summary>
internal sealed class TestFunctionsHost : IAsyncDisposable
{
    private const int MaxMessageLength = int.MaxValue;

    private readonly WebApplication _server;
    private readonly WorkerConnection _connection;
    private readonly ConcurrentDictionary<string, bool> _running = new();

    private TestFunctionsHost(WebApplication server, WorkerConnection connection, OwnProcess worker)
    {
        (_server, _connection, Worker) = (server, connection, worker);
        Client = new HttpClient(new HostHandler(this)) { BaseAddress = new Uri("http://host"), Timeout = TimeSpan.FromMinutes(1) };
    }

    /// <summary>Sends requests through the host.</summary>
    public HttpClient Client { get; }

    public OwnProcess Worker { get; }

    /// <summary>The functions that the worker has, all of them loaded.</summary>
    public IReadOnlyList<WorkerFunction> Functions { get; private set; } = [];

    /// <summary>The address of the worker's HTTP server.</summary>
    public Uri WorkerUri { get; private set; } = null!;

    /// <summary>The reason of the last failed HTTP invocation; null = none failed.</summary>
    public string? LastFailure { get; set; }

    /// <summary>The worker's log entries that reached its host.</summary>
    public IReadOnlyList<RpcLog> Logs => _connection.Logs;

    /// <summary>Starts a worker and loads its functions.</summary>
    /// <param name="settings">The app settings.</param>
    /// <exception cref="InvalidOperationException">The worker ended, or a function cannot be loaded.</exception>
    public static async Task<TestFunctionsHost> StartAsync(IEnumerable<(string Name, string Value)> settings)
    {
        var connection = new WorkerConnection();
        var server = await ListenAsync(connection);
        var host = new TestFunctionsHost(server, connection, StartWorker(new Uri(server.Urls.First()), settings));
        try
        {
            await host.Worker.AnswersAsync(() => Task.FromResult(connection.Opened.IsCompleted));
            await host.LoadAsync();
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a worker that finds no host, to test its behaviour before that.</summary>
    public static OwnProcess StartWorker(Uri host, IEnumerable<(string Name, string Value)> settings)
    {
        string workerId = Guid.NewGuid().ToString(), requestId = Guid.NewGuid().ToString();
        return OwnProcess.Start(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            [
                ("FUNCTIONS_APPLICATION_DIRECTORY", FunctionsOutput.Folder), ("FUNCTIONS_WORKER_DIRECTORY", FunctionsOutput.Folder),
                ("FUNCTIONS_WORKER_RUNTIME", "dotnet-isolated"), .. settings,
            ],
            Path.Combine(FunctionsOutput.Folder, "FlowQuota.Functions.dll"),
            "--host", host.Host, "--port", Number(host.Port), "--workerId", workerId, "--requestId", requestId,
            "--grpcMaxMessageLength", Number(MaxMessageLength), "--functions-uri", host.AbsoluteUri, "--functions-worker-id", workerId,
            "--functions-request-id", requestId, "--functions-grpc-max-message-length", Number(MaxMessageLength));
    }

    /// <summary>Runs a function on a message of its queue, and fails if it does.</summary>
    public Task InvokeQueueAsync(string queue, string message) =>
        InvokeAsync(Functions.Single(function => function.Text("queueName") == queue), new TypedData { String = message });

    /// <summary>Runs a timer's function, and fails if it does.</summary>
    public Task InvokeTimerAsync(string name) =>
        InvokeAsync(Functions.Single(function => function.Name == name),
            new TypedData { Json = """{"Schedule":{"AdjustForDST":true},"ScheduleStatus":null,"IsPastDue":false}""" });

    /// <summary>Has the worker run an invocation, and waits for its result.</summary>
    public async Task<StatusResult> InvokeAsync(InvocationRequest invocation)
    {
        invocation.TraceContext = new RpcTraceContext { TraceParent = $"00-{ActivityTraceId.CreateRandom()}-{ActivitySpanId.CreateRandom()}-00" };
        _running[invocation.InvocationId] = true;
        try
        {
            return (await _connection.AskAsync(new StreamingMessage { InvocationRequest = invocation })).InvocationResponse.Result;
        }
        finally
        {
            _running.TryRemove(invocation.InvocationId, out _);
        }
    }

    /// <summary>Cancels all running invocations, as the host does when it stops.</summary>
    public void CancelAll()
    {
        foreach (string invocationId in _running.Keys)
            Cancel(invocationId);
    }

    /// <summary>Cancels an invocation.</summary>
    public void Cancel(string invocationId) =>
        _connection.Tell(new StreamingMessage { InvocationCancel = new InvocationCancel { InvocationId = invocationId } });

    /// <summary>Asks the worker to end; running invocations may finish.</summary>
    public void Terminate() => _connection.Tell(new StreamingMessage { WorkerTerminate = new WorkerTerminate() });

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Worker.DisposeAsync();
        await _server.DisposeAsync();
    }

    private static async Task<WebApplication> ListenAsync(WorkerConnection connection)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(kestrel =>
            kestrel.ConfigureEndpointDefaults(listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc(grpc => grpc.MaxReceiveMessageSize = null);
        builder.Services.AddSingleton(connection);
        var server = builder.Build();
        server.MapGrpcService<WorkerConnection>();
        await server.StartAsync();
        return server;
    }

    private async Task LoadAsync()
    {
        var initialized = (await _connection.AskAsync(new StreamingMessage
        {
            WorkerInitRequest = new WorkerInitRequest
            {
                HostVersion = "4.1037.0",
                WorkerDirectory = FunctionsOutput.Folder,
                FunctionAppDirectory = FunctionsOutput.Folder,
            },
        })).WorkerInitResponse;
        Check(initialized.Result, "The worker");
        WorkerUri = new Uri(initialized.Capabilities["HttpUri"]);

        var indexed = (await _connection.AskAsync(new StreamingMessage
        {
            FunctionsMetadataRequest = new FunctionsMetadataRequest { FunctionAppDirectory = FunctionsOutput.Folder },
        })).FunctionMetadataResponse;
        Check(indexed.Result, "The index of functions");
        foreach (var metadata in indexed.FunctionMetadataResults)
        {
            var loaded = await _connection.AskAsync(new StreamingMessage
            {
                FunctionLoadRequest = new FunctionLoadRequest { FunctionId = metadata.FunctionId, Metadata = metadata },
            });
            Check(loaded.FunctionLoadResponse.Result, metadata.Name);
        }

        Functions = [.. indexed.FunctionMetadataResults.Select(WorkerFunction.Of)];
        // The host leaves out a function that names a missing setting; here all of them are set.
        if (Functions.FirstOrDefault(function => function.Trigger.GetRawText().Contains('%')) is { } unresolved)
            throw new InvalidOperationException($"{unresolved.Name} names a setting: {unresolved.Trigger}");
    }

    private static void Check(StatusResult result, string what)
    {
        if (result.Status != Status.Success)
            throw new InvalidOperationException($"{what}: {result.Exception?.Message} {result.Exception?.StackTrace}");
    }

    private async Task InvokeAsync(WorkerFunction function, TypedData trigger) => Check(
        await InvokeAsync(new InvocationRequest
        {
            InvocationId = Guid.NewGuid().ToString(),
            FunctionId = function.Id,
            InputData = { new ParameterBinding { Name = function.Parameter, Data = trigger } },
        }),
        function.Name);

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
