namespace FlowQuota.Usage;

/// <summary>How many calls of a token were refused in a quarter of an hour so far.</summary>
/// <param name="Start">The start of the quarter of an hour, UTC.</param>
/// <param name="TokenId">The public id.</param>
/// <param name="Quota">Those for which too little quota was left.</param>
/// <param name="Rate">Those that a rate limit refused.</param>
public sealed record RefusalCount(DateTime Start, string TokenId, long Quota, long Rate);
