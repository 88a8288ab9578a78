using FlowQuota.Administration;
using FlowQuota.Errors;
using FlowQuota.Functions.Auditing;
using FlowQuota.Functions.Http;
using FlowQuota.Functions.Tokens;
using FlowQuota.Tokens;
using FlowQuota.Usage;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace FlowQuota.Functions.Usage;

/// <summary>Makes the statement of a token: how its balance came from one time to another.</summary>
public sealed class StatementFunction(
    FlowPipeline pipeline, IStatementStore statements, ITokenStore tokens, LedgerVerification verification, LedgerCaller callers)
{
    private static readonly Operation Getting = new("GetStatement", Access.Token)
    {
        Query = [LedgerCaller.Token, LedgerTimes.From, LedgerTimes.Until, LedgerTimes.TimeZone],
        Response = new ResponseContent(FlowJson.Default.StatementView, "The statement."),
        Errors = [ErrorType.NotFound],
    };

    /// <summary>The statement of the month under way, or of the time that is asked for.</summary>
    [Function("GetStatement")]
    public Task<IResult> Get(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "flow/usage/statement")] HttpRequest request) =>
        pipeline.RunAsync(request, Getting, async flow =>
        {
            var caller = await callers.FindAsync(flow, "usage");
            if (caller.Refusal is not null)
                return caller.Refusal;

            string tokenId = caller.TokenId ?? throw new InvalidFieldException(LedgerCaller.Token.Name, "is missing; an admin must name the token of the statement");
            var (zone, clock) = LedgerTimes.Zone(flow);
            var now = clock.LocalAt(flow.Clock.UtcNow);
            var from = LedgerTimes.Start(request, clock) ?? clock.InstantOf(new DateTime(now.Year, now.Month, 1));
            var until = LedgerTimes.End(request, clock) ?? clock.InstantOf(now.Date.AddDays(1));
            LedgerTimes.CheckOrder(request, from, until);

            var statement = await statements.ReadAsync(tokenId, from, until, flow.Aborted);
            if (statement is null && await tokens.FindAsync(tokenId, flow.Aborted) is null)
                throw TokenRoute.NotFound();
            bool isPending = false;
            if (statement is { IsBalanced: false })
            {
                // An admin's change is written at once, and may be in SQL before the calls that came before it.
                isPending = (await verification.VerifyAsync(tokenId, flow.Aborted)).PendingTokens > 0;
                statement = isPending ? statement with { IsBalanced = null } : await statements.ReadAsync(tokenId, from, until, flow.Aborted);
            }

            var view = StatementView.Of(tokenId, zone, clock, from, until, statement ?? LedgerStatement.Empty);
            return new DataResult<StatementView>(flow, view, FlowJson.Default.StatementView, view.Balanced switch
            {
                true => "The statement balances.",
                false => "The statement does not balance; see the verification of this token.",
                null when isPending => "Rows of this time are on the way to SQL; ask again later.",
                null => "Rows of this time may have been removed by retention; the figures are those of the rest.",
            });
        });
}
