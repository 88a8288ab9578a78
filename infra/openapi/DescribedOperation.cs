using System.Reflection;
using FlowQuota.Functions.Http;
using Microsoft.Azure.Functions.Worker;

namespace FlowQuota.OpenApi;

/// <summary>An operation of the API with its route.</summary>
/// <param name="Method">The function.</param>
/// <param name="Trigger">Its route and its HTTP methods.</param>
/// <param name="Operation">What it takes and returns.</param>
internal sealed record DescribedOperation(MethodInfo Method, HttpTriggerAttribute Trigger, Operation Operation)
{
    /// <summary>The functions with an HTTP route, and without those that are no part of the API.</summary>
    /// <exception cref="InvalidOperationException">A function has no operation, or two.</exception>
    public static IReadOnlyList<DescribedOperation> ReadAll()
    {
        var types = typeof(Operation).Assembly.GetTypes();
        var operations = types
            .SelectMany(type => type.GetFields(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly))
            .Where(field => field.FieldType == typeof(Operation))
            .Select(field => (Operation)field.GetValue(null)!)
            .ToLookup(operation => operation.Function);
        return
        [
            .. from type in types
               from method in type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
               from parameter in method.GetParameters()
               let trigger = parameter.GetCustomAttribute<HttpTriggerAttribute>()
               where trigger is not null
               let name = method.GetCustomAttribute<FunctionAttribute>()!.Name
               let operation = operations[name].Count() == 1
                   ? operations[name].Single()
                   : throw new InvalidOperationException($"The function {name} needs one Operation that describes it; it has {operations[name].Count()}.")
               where operation.Response is not null
               orderby type.Namespace, trigger.Route, method.MetadataToken
               select new DescribedOperation(method, trigger, operation),
        ];
    }
}
