using Microsoft.Net.Http.Headers;

namespace FlowQuota.Functions.WebConsole;

/// <summary>A file of the console.</summary>
/// <param name="Content">Its bytes.</param>
/// <param name="ContentType">Its media type.</param>
/// <param name="EntityTag">Changes with the content.</param>
/// <param name="Policy">What the browser may load and run for it.</param>
internal sealed record ConsoleFile(byte[] Content, string ContentType, EntityTagHeaderValue EntityTag, string Policy);
