using Xunit;

namespace FlowQuota.Tests.Storage;

/// <summary>Tests that change a setting of the shared MariaDB run alone, because it holds for all others, too.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ServerSettingCollection
{
    public const string Name = "Server settings";
}
