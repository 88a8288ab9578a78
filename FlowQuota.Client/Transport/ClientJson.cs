using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using FlowQuota.Client.Administration;
using FlowQuota.Client.Transport.Bodies;

namespace FlowQuota.Client.Transport;

/// <summary>Reads and writes the API's JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(LocalTimeConverter)])]
[JsonSerializable(typeof(Envelope))]
[JsonSerializable(typeof(JsonObject))]
[JsonSerializable(typeof(ConsumeBody))]
[JsonSerializable(typeof(BatchBody))]
[JsonSerializable(typeof(BatchData))]
[JsonSerializable(typeof(CheckBody))]
[JsonSerializable(typeof(CheckData))]
[JsonSerializable(typeof(BalanceData))]
[JsonSerializable(typeof(ReserveBody))]
[JsonSerializable(typeof(CommitBody))]
[JsonSerializable(typeof(ExecuteBody))]
[JsonSerializable(typeof(ExecuteData))]
[JsonSerializable(typeof(Quota))]
[JsonSerializable(typeof(Reservation))]
[JsonSerializable(typeof(FoundCall))]
[JsonSerializable(typeof(TokenBody))]
[JsonSerializable(typeof(RotateBody))]
[JsonSerializable(typeof(Token))]
[JsonSerializable(typeof(IssuedData))]
[JsonSerializable(typeof(DeletedData))]
[JsonSerializable(typeof(TokenPage))]
internal sealed partial class ClientJson : JsonSerializerContext;
