using System.Reflection;
using FlowQuota.Functions.Http;
using FlowQuota.SelfHost.Hosting;
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
        var operations = typeof(Operation).Assembly.GetTypes()
            .SelectMany(type => type.GetFields(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly))
            .Where(field => field.FieldType == typeof(Operation))
            .Select(field => (Operation)field.GetValue(null)!)
            .ToLookup(operation => operation.Function);
        return
        [
            .. from function in FunctionCatalog.Http
               let operation = operations[function.Name].Count() == 1
                   ? operations[function.Name].Single()
                   : throw new InvalidOperationException($"The function {function.Name} needs one Operation that describes it; it has {operations[function.Name].Count()}.")
               where operation.Response is not null
               orderby function.Method.DeclaringType!.Namespace, function.Trigger.Route, function.Method.MetadataToken
               select new DescribedOperation(function.Method, function.Trigger, operation),
        ];
    }
}
