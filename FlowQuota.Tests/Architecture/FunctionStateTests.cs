using System.Reflection;
using FlowQuota.SelfHost.Hosting;
using Xunit;

namespace FlowQuota.Tests.Architecture;

/// <summary>
/// The Functions host makes a function's class anew for each call, and the self-host makes it once. So a state in the class
/// would be lost, or made for each call, on one of them only.
/// </summary>
public sealed class FunctionStateTests
{
    public static TheoryData<Type> Classes => [.. FunctionCatalog.Classes];

    [Theory]
    [MemberData(nameof(Classes))]
    public void A_function_s_class_keeps_only_the_services_that_it_was_given(Type type)
    {
        // The compiler's name for a parameter of a primary constructor that a member uses.
        var given = Assert.Single(type.GetConstructors()).GetParameters().Select(parameter => ($"<{parameter.Name}>P", parameter.ParameterType));
        var kept = type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).Select(field => (field.Name, field.FieldType));
        Assert.Empty(kept.Except(given));
    }

    [Theory]
    [MemberData(nameof(Classes))]
    public void A_function_s_class_has_no_variable_for_all_calls(Type type) =>
        Assert.DoesNotContain(type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic), field => field is { IsLiteral: false, IsInitOnly: false });
}
