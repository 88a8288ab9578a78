using System.Reflection;
using Microsoft.Azure.Functions.Worker;

namespace FlowQuota.SelfHost.Hosting;

/// <summary>The functions of this app, from their attributes.</summary>
internal static class FunctionCatalog
{
    /// <summary>Every function class once; the container constructs it.</summary>
    public static IEnumerable<Type> Classes => All.Select(function => function.Method.DeclaringType!).Distinct();

    public static IEnumerable<(MethodInfo Method, string Name, HttpTriggerAttribute Trigger)> Http => Triggered<HttpTriggerAttribute>();

    public static IEnumerable<(MethodInfo Method, string Name, QueueTriggerAttribute Trigger)> Queues => Triggered<QueueTriggerAttribute>();

    public static IEnumerable<(MethodInfo Method, string Name, TimerTriggerAttribute Trigger)> Timers => Triggered<TimerTriggerAttribute>();

    private static readonly List<(MethodInfo Method, string Name)> All =
    [
        .. from type in Assembly.GetExecutingAssembly().GetTypes()
           from method in type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
           let function = method.GetCustomAttribute<FunctionAttribute>()
           where function is not null
           select (method, function.Name),
    ];

    private static IEnumerable<(MethodInfo, string, TTrigger)> Triggered<TTrigger>()
        where TTrigger : Attribute =>
        from function in All
        from parameter in function.Method.GetParameters()
        let trigger = parameter.GetCustomAttribute<TTrigger>()
        where trigger is not null
        select (function.Method, function.Name, trigger);
}
