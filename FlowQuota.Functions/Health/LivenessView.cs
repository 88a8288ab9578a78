namespace FlowQuota.Functions.Health;

/// <summary>Describes what <see cref="LivenessAnswer"/> writes, for the OpenAPI document.</summary>
/// <param name="Service">Always <c>flowquota</c>.</param>
/// <param name="Status">Always <c>ok</c>.</param>
/// <param name="Version">The version of the service, for example 1.0.0.</param>
internal sealed record LivenessView(string Service, string Status, string Version);
