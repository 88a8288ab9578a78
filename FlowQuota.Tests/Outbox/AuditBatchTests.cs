using System.Globalization;
using FlowQuota.Drains;
using FlowQuota.Ledger;
using StackExchange.Redis;
using Xunit;

namespace FlowQuota.Tests.Outbox;

/// <summary>A drain removes as many events as it has written, and fills SQL's transactions.</summary>
public sealed class AuditBatchTests
{
    private readonly Utf8StringCache _texts = new();

    [Fact]
    public void A_few_rows_too_many_are_left_for_the_next_read()
    {
        RedisValue[] events = [.. Enumerable.Range(1, 11).Select(Event), "{broken"];

        var batch = AuditBatch.Read(events, _texts, mostRows: 10);

        Assert.Equal(10, batch.Events);
        Assert.Equal(Enumerable.Range(1, 10).Select(seq => (long)seq), batch.Entries.Select(entry => entry.Position.Seq));
        Assert.Empty(batch.Damaged);
    }

    [Fact]
    public void Outcomes_of_the_rows_that_fit_come_along()
    {
        RedisValue[] events = [.. Enumerable.Range(1, 10).Select(Event), Outcome(1), "{broken", Outcome(2), Event(11), Outcome(3)];

        var batch = AuditBatch.Read(events, _texts, mostRows: 10);

        Assert.Equal((13, 12), (batch.Events, batch.Entries.Count));
        Assert.Equal("{broken", Assert.Single(batch.Damaged).Event);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(13)]
    [InlineData(20)]
    public void What_makes_a_transaction_of_its_own_is_taken(int count)
    {
        var batch = AuditBatch.Read([.. Enumerable.Range(1, count).Select(Event)], _texts, mostRows: 10);

        Assert.Equal((count, count), (batch.Events, batch.Entries.Count));
    }

    [Fact]
    public void The_last_of_what_waits_is_taken_whatever_it_makes()
    {
        var batch = AuditBatch.Read([.. Enumerable.Range(1, 11).Select(Event)], _texts, mostRows: null);

        Assert.Equal((11, 11), (batch.Events, batch.Entries.Count));
    }

    private static RedisValue Event(int seq) => Text(seq);

    private static RedisValue Outcome(int seq) => AuditEventFormat.WithOutcome(Text(seq), success: true, null, null);

    private static string Text(int seq) => string.Create(CultureInfo.InvariantCulture,
        $$"""{"token":"flow_x","ws_id":"w","email":"e","epoch":1,"seq":{{seq}},"before":9,"after":8,"change":-1,"action":"consume","request_id":"r{{seq}}","at":1795416159000}""");
}
