using System.Globalization;

namespace FlowQuota.Micro;

/// <summary>Audit events as the admission script writes them.</summary>
internal static class SampleEvents
{
    /// <param name="seq">Position in the token's ledger, 1 or more.</param>
    public static string Admission(int seq) => string.Create(CultureInfo.InvariantCulture,
        $$"""{"token":"flow_vavgjxzvqcqhme1gkz9sb3xa","ws_id":"bench","email":"bench@example.com","epoch":1,"seq":{{seq}},"before":{{2_000_000_000 - seq}},"after":{{1_999_999_999 - seq}},"change":-1,"action":"consume","request_id":"01a20724-7284-712c-a5ea-786a80a7e80e","at":1795416159000}""");
}
