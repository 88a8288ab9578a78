using System.Globalization;
using FlowQuota.Admission;
using FlowQuota.Functions.Http;
using FlowQuota.Functions.Quotas;
using FlowQuota.Functions.Requests;
using FlowQuota.Functions.Tokens;
using FlowQuota.Ledger;
using FlowQuota.Reservations;
using FlowQuota.Tokens;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace FlowQuota.Functions.Reservations;

/// <summary>Holds units for a use whose amount is known only afterwards.</summary>
public sealed class ReservationFunctions(
    FlowPipeline pipeline, ReservationLedger reservations, TokenCodec codec, AccessTokenAuthentication callers)
{
    private const int MaxBodyBytes = 4 * 1024;
    private const int DefaultSeconds = 300;
    private const int MostListed = 1000;

    private static readonly NumberField Amount = new("amount", 1, Cost.Max, "Units to hold, all or none.") { IsRequired = true, Example = "500" };

    private static readonly NumberField Life = new("ttl_seconds", 1, 86_400, "Seconds after which the units are released by themselves; 300 by default.");

    private static readonly NumberField Used = new("amount", 0, Cost.Max, "Units that were used.") { IsRequired = true, Example = "420" };

    private static readonly ChoiceField<bool> OnOverrun = new("on_overrun", [("clamp", false), ("refuse", true)],
        "If more was used than can be taken: clamp takes what there is, refuse takes nothing and is a 409. clamp by default.");

    private static readonly StringField Reservation = new("reservation", "The id of the reservation.");

    private static readonly Operation Reserving = new("Reserve", Access.Token)
    {
        Body = new RequestBody(MaxBodyBytes, [Amount, Life, Meter.Field]) { Example = """{"amount":500,"ttl_seconds":60,"meter":"text"}""" },
        Response = new ResponseContent(FlowJson.Default.ReservationView, "The reservation, and what is left."),
        TakesKey = true,
        TellsAllowance = true,
        Errors = [ErrorType.QuotaExceeded, ErrorType.RateLimit, ErrorType.TooManyReservations],
    };

    private static readonly Operation Getting = new("GetReservation", Access.Token)
    {
        Path = [Reservation],
        Response = new ResponseContent(FlowJson.Default.ReservationView, "The reservation, and what is left."),
        Errors = [ErrorType.NotFound],
    };

    private static readonly Operation Committing = Getting with
    {
        Function = "CommitReservation",
        Body = new RequestBody(MaxBodyBytes, [Used, OnOverrun]) { Example = """{"amount":420}""" },
        TakesKey = true,
        Errors = [ErrorType.NotFound, ErrorType.ReservationEnded, ErrorType.ReservationOverrun],
    };

    private static readonly Operation Cancelling = Getting with
    {
        Function = "CancelReservation",
        Body = new RequestBody(MaxBodyBytes, []) { MayBeEmpty = true, Example = "{}" },
        TakesKey = true,
        Errors = [ErrorType.NotFound, ErrorType.ReservationEnded],
    };

    private static readonly Operation Listing = new("ListReservations", Access.Admin)
    {
        Path = [TokenRoute.Field],
        Response = new ResponseContent(FlowJson.Default.ReservationListView, "The reservations."),
        Errors = [ErrorType.NotFound],
    };

    /// <summary>Reserves units, all or none.</summary>
    [Function("Reserve")]
    public Task<IResult> Reserve(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "flow/reserve")] HttpRequest request) =>
        pipeline.RunAsync(request, Reserving, async flow =>
        {
            if (callers.Of(request) is not { } token)
                return Refusals.NoToken(flow);
            using var body = await JsonBody.ReadAsync(flow);
            int amount = body.Number(Amount);
            int seconds = body.OptionalNumber(Life) ?? DefaultSeconds;
            string meter = Meter.Of(body);
            var key = IdempotencyKeyHeader.TryRead(request, out string? text)
                ? IdempotencyKey.OfCaller("reserve", text, string.Create(CultureInfo.InvariantCulture, $"{amount} {seconds} {meter}"))
                : null;
            var admission = await reservations.ReserveAsync(token, amount, TimeSpan.FromSeconds(seconds), meter, flow.Id, key);
            if (Refusals.Of(flow, admission, amount) is { } refusal)
                return refusal;
            var allowance = admission.Allowance!;
            var quota = new LiveQuota(allowance.Remaining, allowance.Total) { Reserved = allowance.Reserved };
            return Result(flow, admission.Reservation!, quota, "Reserved.", admission.IsRepeat, admission.OriginalRequestId, allowance);
        });

    /// <summary>Consumes what was used of a reservation, and releases the rest.</summary>
    [Function("CommitReservation")]
    public Task<IResult> Commit(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "flow/reserve/{reservation}/commit")] HttpRequest request) =>
        pipeline.RunAsync(request, Committing, async flow =>
        {
            using var body = await JsonBody.ReadAsync(flow);
            int used = body.Number(Used);
            bool refuses = body.OptionalChoice(OnOverrun) ?? false;
            return await ChangeAsync(flow, HoldOperation.Commit, "Committed.", used, refuses);
        });

    /// <summary>Releases a reservation that is not needed.</summary>
    [Function("CancelReservation")]
    public Task<IResult> Cancel(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "flow/reserve/{reservation}/cancel")] HttpRequest request) =>
        pipeline.RunAsync(request, Cancelling, async flow =>
        {
            using var body = await JsonBody.ReadAsync(flow);
            return await ChangeAsync(flow, HoldOperation.Cancel, "Cancelled.");
        });

    /// <summary>A reservation of the caller's token.</summary>
    [Function("GetReservation")]
    public Task<IResult> Get(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "flow/reserve/{reservation}")] HttpRequest request) =>
        pipeline.RunAsync(request, Getting, flow => ChangeAsync(flow, HoldOperation.Look, "Reservation found."));

    /// <summary>The reservations of any token (admin).</summary>
    [Function("ListReservations")]
    public Task<IResult> List(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "flow/tokens/{token}/reservations")] HttpRequest request) =>
        pipeline.RunAsync(request, Listing, async flow =>
        {
            string tokenId = TokenRoute.Id(codec, request);
            var found = await reservations.ListAsync(tokenId, MostListed, flow.Aborted);
            var view = new ReservationListView(tokenId, [.. found.Select(reservation => ReservationView.Of(reservation, flow.Clock))]);
            return new DataResult<ReservationListView>(flow, view, FlowJson.Default.ReservationListView, "Reservations found.");
        });

    private async Task<IResult> ChangeAsync(FlowRequest flow, HoldOperation operation, string message, int used = 0, bool refusesOverrun = false)
    {
        if (callers.Of(flow.Http) is not { } token)
            return Refusals.NoToken(flow);
        string id = (string)flow.Http.RouteValues[Reservation.Name]!;
        if (!ReservationIds.IsValid(id))
            return NotFound(flow);
        var change = new HoldChange(token.TokenId, id, operation, flow.Id)
        {
            Presented = token,
            Used = used,
            RefusesOverrun = refusesOverrun,
            KeyText = IdempotencyKeyHeader.TryRead(flow.Http, out string? key) ? key : "",
        };
        var result = await reservations.ChangeAsync(change, flow.Aborted);
        return result.Status switch
        {
            HoldStatus.Done => Result(flow, result.Reservation!, result.Quota!, message),
            HoldStatus.DoneBefore => Result(flow, result.Reservation!, result.Quota!, message, isReplay: true),
            HoldStatus.EndedOtherwise => new ProblemResult(flow, ErrorType.ReservationEnded,
                $"The reservation was {ReservationStates.NameOf(result.Reservation!.State)} at {flow.Clock.Format(result.Reservation.EndedAt)}; nothing was taken."),
            HoldStatus.Mismatch => new ProblemResult(flow, ErrorType.IdempotencyMismatch,
                $"The reservation was committed with the amount {result.Reservation!.Consumed + result.Reservation.Uncovered}; nothing more was taken."),
            HoldStatus.Overrun => new ProblemResult(flow, ErrorType.ReservationOverrun,
                $"amount {used} is more than can be taken: {Held(result)}; the reservation stays as it is."),
            HoldStatus.NotFound => NotFound(flow),
            HoldStatus.Unknown => Refusals.UnknownToken(flow),
        };
    }

    private static string Held(HoldResult result) => result.Reservation!.State == ReservationState.Open
        ? string.Create(CultureInfo.InvariantCulture, $"{result.Reservation.Amount} are reserved")
        : string.Create(CultureInfo.InvariantCulture, $"the reservation has expired, and {result.Quota!.Remaining} are left");

    private static DataResult<ReservationView> Result(
        FlowRequest flow, Reservation reservation, LiveQuota quota, string message, bool isReplay = false, string? originalRequestId = null,
        Allowance? allowance = null) =>
        new(flow, ReservationView.Of(reservation, flow.Clock, quota), FlowJson.Default.ReservationView, message)
        {
            Allowance = allowance,
            IsReplay = isReplay,
            OriginalRequestId = originalRequestId,
        };

    private static ProblemResult NotFound(FlowRequest flow) =>
        new(flow, ErrorType.NotFound, "The token has no such reservation, or it ended long ago.");
}
