using FlowQuota.Outbox;
using Xunit;

namespace FlowQuota.Tests.Outbox;

/// <summary>Protects the reading of doorbells: any message names an existing partition, or none.</summary>
public sealed class DoorbellMessageTests
{
    private const string TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

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
    [InlineData("{\"\\ud800\":0,\"traceparent\":\"\\ud800\"}")]
    [InlineData("{\"partition\":\"0\"}")]
    [InlineData("{\"partition\":1.5}")]
    [InlineData("{\"partition\":-1}")]
    [InlineData("{\"partition\":4}")]
    [InlineData("{\"partition\":99999999999}")]
    public void A_damaged_message_names_no_partition(string message)
    {
        Assert.Null(DoorbellMessage.Read(message, 4));
        Assert.Null(DoorbellMessage.ReadCause(message));
    }

    [Fact]
    public void The_call_that_rang_is_read_back_and_a_message_without_one_is_as_it_ever_was()
    {
        var cause = DoorbellMessage.ReadCause(DoorbellMessage.Write(2, TraceParent))!.Value;

        Assert.Equal("0af7651916cd43dd8448eb211c80319c", cause.TraceId.ToHexString());
        Assert.Equal("b7ad6b7169203331", cause.SpanId.ToHexString());
        Assert.True(cause.IsRemote);
        Assert.Equal(2, DoorbellMessage.Read(DoorbellMessage.Write(2, TraceParent), 4));
        Assert.Equal("""{"partition":2}""", DoorbellMessage.Write(2));
        Assert.Null(DoorbellMessage.ReadCause(DoorbellMessage.Write(2)));
    }

    [Theory]
    [InlineData("\"\"")]
    [InlineData("null")]
    [InlineData("7")]
    [InlineData("{\"a\":1}")]
    [InlineData("\"00-00000000000000000000000000000000-b7ad6b7169203331-01\"")]
    [InlineData("\"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331\"")]
    [InlineData("\"00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01\"")]
    [InlineData("\"zz-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\"")]
    [InlineData("\"\\ud800\"")]
    public void A_bad_traceparent_rings_all_the_same(string traceParent)
    {
        string message = $$"""{"partition":2,"traceparent":{{traceParent}}}""";
        Assert.Equal(2, DoorbellMessage.Read(message, 4));
        Assert.Null(DoorbellMessage.ReadCause(message));
    }
}
