using FlowQuota.Redis;
using Xunit;

namespace FlowQuota.Tests.Quotas;

/// <summary>Protects the names of the keys: operators type them, and another version of the app must find this one's.</summary>
public sealed class RedisKeyspaceTests
{
    [Fact]
    public void One_partition_means_plain_keys()
    {
        var keyspace = new RedisKeyspace(1);

        Assert.Equal("quota:flow_a", (string?)keyspace.Quota("flow_a"));
        Assert.Equal("token:flow_a", (string?)keyspace.Token("flow_a"));
        Assert.Equal(["outbox:sync", "ring:sync", "lease:sync", "outbox:audit", "ring:audit", "lease:audit"],
            new[] { OutboxKind.Sync, OutboxKind.Audit }.SelectMany(kind =>
                new[] { keyspace.Outbox(kind, 0), keyspace.Ring(kind, 0), keyspace.Lease(kind, 0) }.Select(key => key.ToString())));
    }

    [Fact]
    public void A_partition_is_the_same_in_every_process_and_version() =>
        Assert.Equal([5, 4, 1, 5], new[] { "flow_a", "flow_b", "flow_0123456789", "" }.Select(new RedisKeyspace(8).PartitionOf));
}
