using System.Text;
using FlowQuota.Ledger;
using Xunit;

namespace FlowQuota.Tests.Auditing;

/// <summary>The meaning of an event does not depend on the order of its fields, nor on the events read before it.</summary>
public sealed class AuditEventFormatTests
{
    private readonly Utf8StringCache _texts = new();

    [Fact]
    public void Fields_are_read_in_any_order()
    {
        var entry = Parse("""{"late":true,"error_message":"m","error_type":"t","success":false,"at":1795416159001,"request_id":"r","action":"refund","change":2,"after":5,"before":3,"seq":7,"epoch":2,"email":"e@x","ws_id":"w","token":"flow_x"}""");

        Assert.Equal(
            new QuotaLogEntry
            {
                TokenId = "flow_x",
                WorkspaceId = "w",
                Email = "e@x",
                Position = new LedgerPosition(2, 7),
                QuotaBefore = 3,
                QuotaAfter = 5,
                QuotaChange = 2,
                Action = QuotaAction.Refund,
                RequestId = "r",
                ExecutionSuccess = false,
                ExecutionErrorType = "t",
                ExecutionErrorMessage = "m",
                IsLateOutcome = true,
                CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(1795416159001).UtcDateTime,
            },
            entry);
    }

    [Fact]
    public void Texts_that_share_a_slot_do_not_share_a_value()
    {
        // Thousands of owners with small differences; escaped, empty and other than ASCII among them.
        for (int i = 0; i < 5000; i++)
        {
            string owner = (i % 4) switch { 0 => $"w{i}", 1 => $"w\u00e9{i}", 2 => $"w\"{i}\\", _ => "" };
            var entry = Parse($$"""{"token":"flow_{{i}}",{{AuditEventFormat.Owner(owner, $"e{i}@example.com")}},"epoch":1,"seq":1,"action":"consume","request_id":"r","at":1}""");
            Assert.Equal(($"flow_{i}", owner, $"e{i}@example.com"), (entry.TokenId, entry.WorkspaceId, entry.Email));
        }
    }

    [Theory]
    [InlineData("""{"token":"flow_x"}""")]
    [InlineData("""{"token":7}""")]
    [InlineData("""{"unknown":7}""")]
    [InlineData("""{"token":null,"ws_id":"w","email":"e","epoch":1,"seq":1,"action":"consume","request_id":"r","at":1}""")]
    [InlineData("""{"token":"t","ws_id":"w","email":"e","epoch":1,"seq":1,"action":"stolen","request_id":"r","at":1}""")]
    [InlineData("""{"token":"t","ws_id":"w","email":"e","epoch":1,"seq":""")]
    [InlineData("")]
    public void What_is_no_event_is_said_to_be_damaged(string text) => Assert.Throws<FormatException>(() => Parse(text));

    private QuotaLogEntry Parse(string json) => AuditEventFormat.Parse(Encoding.UTF8.GetBytes(json), _texts);
}
