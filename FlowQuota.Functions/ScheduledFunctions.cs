using System.Collections.Immutable;
using FlowQuota.Settings;
using Microsoft.Azure.Functions.Worker.Core.FunctionMetadata;

namespace FlowQuota.Functions;

/// <summary>
/// Describes the functions to the host with the schedules of our settings in place of their binding expressions. The host
/// has no default for a <c>%SETTING%</c> and would leave its function out if it is not set. The self-host omits this file.
/// </summary>
/// <param name="functions">The functions as they were compiled.</param>
/// <param name="settings">The schedules.</param>
internal sealed class ScheduledFunctions(IFunctionMetadataProvider functions, FlowQuotaSettings settings) : IFunctionMetadataProvider
{
    /// <inheritdoc/>
    public async Task<ImmutableArray<IFunctionMetadata>> GetFunctionMetadataAsync(string directory)
    {
        var described = await functions.GetFunctionMetadataAsync(directory);
        foreach (var bindings in described.Select(function => function.RawBindings).OfType<IList<string>>())
        {
            for (int i = 0; i < bindings.Count; i++)
            {
                foreach (var (setting, schedule) in settings.Schedules)
                    bindings[i] = bindings[i].Replace($"%{setting}%", schedule.Text, StringComparison.Ordinal);
            }
        }

        return described;
    }
}
