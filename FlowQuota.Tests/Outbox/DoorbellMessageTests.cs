using FlowQuota.Outbox;
using Xunit;

namespace FlowQuota.Tests.Outbox;

/// <summary>Protects the reading of doorbells: whatever is in the queue, it names a partition that there is, or none.</summary>
public sealed class DoorbellMessageTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void A_message_is_read_back(int partition) => Assert.Equal(partition, DoorbellMessage.Read(DoorbellMessage.Write(partition), 4));

    [Theory]
    [InlineData("")]
    [InlineData("ring")]
    [InlineData("{")]
    [InlineData("[0]")]
    [InlineData("{}")]
    [InlineData("{\"partition\":\"0\"}")]
    [InlineData("{\"partition\":1.5}")]
    [InlineData("{\"partition\":-1}")]
    [InlineData("{\"partition\":4}")]
    [InlineData("{\"partition\":99999999999}")]
    public void A_damaged_message_names_no_partition(string message) => Assert.Null(DoorbellMessage.Read(message, 4));
}
