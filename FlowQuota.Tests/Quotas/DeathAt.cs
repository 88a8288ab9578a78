namespace FlowQuota.Tests.Quotas;

/// <summary>The point at which a process dies in the middle of an admin's change.</summary>
public enum DeathAt
{
    /// <summary>SQL has the request and the new terms, Redis nothing.</summary>
    AfterSqlHasTheTerms,

    /// <summary>Redis has the change of the quota, SQL has no row of it.</summary>
    AfterRedis,

    /// <summary>SQL has the row, and access_tokens does not show it.</summary>
    AfterTheRow,
}
