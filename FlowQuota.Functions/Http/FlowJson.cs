using System.Text.Json.Serialization;
using FlowQuota.Functions.Auditing;
using FlowQuota.Functions.Execution;
using FlowQuota.Functions.Gateways;
using FlowQuota.Functions.Health;
using FlowQuota.Functions.Outbox;
using FlowQuota.Functions.Quotas;
using FlowQuota.Functions.Reservations;
using FlowQuota.Functions.Retention;
using FlowQuota.Functions.Tokens;
using FlowQuota.Functions.Usage;

namespace FlowQuota.Functions.Http;

/// <summary>The serializers of the responses, generated at compile time; names are snake_case.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(TokenView))]
[JsonSerializable(typeof(TokenListView))]
[JsonSerializable(typeof(TokenScanView))]
[JsonSerializable(typeof(DeletedTokenView))]
[JsonSerializable(typeof(QuotaView))]
[JsonSerializable(typeof(ConsumedView))]
[JsonSerializable(typeof(CheckView))]
[JsonSerializable(typeof(ConsumedBatchView))]
[JsonSerializable(typeof(ReservationView))]
[JsonSerializable(typeof(ReservationListView))]
[JsonSerializable(typeof(QuotaLogListView))]
[JsonSerializable(typeof(CallView))]
[JsonSerializable(typeof(LedgerReportView))]
[JsonSerializable(typeof(MendView))]
[JsonSerializable(typeof(QueueStatsView))]
[JsonSerializable(typeof(CleanupStatsView))]
[JsonSerializable(typeof(CleanupRunView))]
[JsonSerializable(typeof(StoppedCleanupView))]
[JsonSerializable(typeof(UsageView))]
[JsonSerializable(typeof(StatementView))]
[JsonSerializable(typeof(LedgerRowView))]
[JsonSerializable(typeof(ReadinessView))]
[JsonSerializable(typeof(LivenessView))]
[JsonSerializable(typeof(ExecutionView))]
internal sealed partial class FlowJson : JsonSerializerContext;
