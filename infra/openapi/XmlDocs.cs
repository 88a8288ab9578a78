using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace FlowQuota.OpenApi;

/// <summary>The descriptions of functions and of the fields of responses, from the XML documentation of the API's assembly.</summary>
internal sealed partial class XmlDocs
{
    private readonly Dictionary<string, XElement> _members;

    /// <summary>Reads the file beside an assembly.</summary>
    public XmlDocs(Assembly assembly)
    {
        var file = XDocument.Load(Path.ChangeExtension(assembly.Location, ".xml"));
        _members = file.Descendants("member").ToDictionary(member => member.Attribute("name")!.Value);
    }

    /// <summary>The summary of a function.</summary>
    /// <exception cref="InvalidOperationException">It has none.</exception>
    public string Of(MethodInfo method) => Summary($"M:{method.DeclaringType!.FullName}.{method.Name}(Microsoft.AspNetCore.Http.HttpRequest)");

    /// <summary>The summary of a type.</summary>
    /// <exception cref="InvalidOperationException">It has none.</exception>
    public string Of(Type type) => Summary($"T:{Name(type)}");

    /// <summary>The summary of a property, or the text of the parameter that it comes from.</summary>
    /// <exception cref="InvalidOperationException">It has neither.</exception>
    public string Of(PropertyInfo property)
    {
        if (_members.TryGetValue($"P:{Name(property.DeclaringType!)}.{property.Name}", out var own))
            return Text(own.Element("summary")!);
        var parameter = _members.GetValueOrDefault($"T:{Name(property.DeclaringType!)}")?.Elements("param")
            .FirstOrDefault(param => param.Attribute("name")!.Value == property.Name);
        return parameter is not null ? Text(parameter) : throw new InvalidOperationException($"{property.DeclaringType}.{property.Name} has no XML documentation.");
    }

    private string Summary(string id) => _members.TryGetValue(id, out var member)
        ? Text(member.Element("summary")!)
        : throw new InvalidOperationException($"{id} has no XML documentation.");

    private static string Name(Type type) => type.FullName!.Replace('+', '.');

    // <c> becomes a code span, and a reference its last name.
    private static string Text(XElement element)
    {
        var parts = element.Nodes().Select(node => node switch
        {
            XText text => text.Value,
            XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
            XElement reference when (reference.Attribute("cref") ?? reference.Attribute("name")) is { } target => target.Value.Split('.', ':')[^1],
            _ => throw new InvalidOperationException($"XML documentation with {node} cannot be written into the document."),
        });
        return Spaces().Replace(string.Concat(parts), " ").Trim();
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
