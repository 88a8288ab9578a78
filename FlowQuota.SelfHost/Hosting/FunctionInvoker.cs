using System.Reflection;
using Microsoft.Extensions.DependencyInjection;

namespace FlowQuota.SelfHost.Hosting;

/// <summary>Calls a queue- or timer-triggered function.</summary>
internal static class FunctionInvoker
{
    /// <param name="services">Constructs the function's class.</param>
    /// <param name="method">The function.</param>
    /// <param name="trigger">The message's text, or the timer's info.</param>
    /// <param name="cancellationToken">Fires when the host stops.</param>
    public static Task InvokeAsync(IServiceProvider services, MethodInfo method, object trigger, CancellationToken cancellationToken)
    {
        object?[] arguments =
            [.. method.GetParameters().Select(parameter => parameter.ParameterType == typeof(CancellationToken) ? (object)cancellationToken : trigger)];
        return (Task)method.Invoke(services.GetRequiredService(method.DeclaringType!), BindingFlags.DoNotWrapExceptions, null, arguments, null)!;
    }
}
