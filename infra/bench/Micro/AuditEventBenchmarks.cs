using System.Text;
using BenchmarkDotNet.Attributes;
using FlowQuota.Ledger;

namespace FlowQuota.Micro;

/// <summary>Events of the audit outbox: a call writes the outcome, a drain reads both events.</summary>
public class AuditEventBenchmarks
{
    private readonly byte[] _event = Encoding.UTF8.GetBytes(AuditEventFormat.WithOutcome(SampleEvents.Admission(1), true, null, null));
    private readonly Utf8StringCache _texts = new();
    private readonly string _admission = SampleEvents.Admission(1);

    /// <summary>The outcome of a call that succeeded.</summary>
    [Benchmark]
    public string EncodeOutcome() => AuditEventFormat.WithOutcome(_admission, success: true, null, null);

    /// <summary>The outcome of a call that threw.</summary>
    [Benchmark]
    public string EncodeFailure() =>
        AuditEventFormat.WithOutcome(_admission, success: false, "RuntimeError", "Cannot read property 'price' of undefined");

    /// <summary>One event as a drain reads it.</summary>
    [Benchmark]
    public QuotaLogEntry Parse() => AuditEventFormat.Parse(_event, _texts);
}
