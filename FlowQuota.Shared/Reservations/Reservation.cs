using System.Globalization;
using FlowQuota.Periods;

namespace FlowQuota.Reservations;

/// <summary>Units of a quota that are held for a use whose amount is not known yet.</summary>
/// <param name="Id">Names it: <c>res_</c> and 26 hexadecimal digits.</param>
/// <param name="State">What became of it.</param>
/// <param name="ExpiresAt">When it ends if nobody ends it before, UTC, to the millisecond.</param>
/// <param name="Amount">Units that were reserved, 1-1,000,000.</param>
public sealed record Reservation(string Id, ReservationState State, DateTime ExpiresAt, int Amount)
{
    private const int Parts = 11;

    /// <summary>Number of the period that pays for it; 0 = the token had no periods.</summary>
    public int Period { get; init; }

    /// <summary>How many of its units were that period's; the others were bought, or the token had no periods.</summary>
    public int PeriodUnits { get; init; }

    /// <summary>Units that its commit consumed; 0 unless <see cref="ReservationState.Committed"/>.</summary>
    public int Consumed { get; init; }

    /// <summary>Units of it that were not consumed; 0 while it is open.</summary>
    public int Released { get; init; }

    /// <summary>Units that were used beyond those that could be consumed; 0 unless <see cref="ReservationState.Committed"/>.</summary>
    public int Uncovered { get; init; }

    /// <summary>True if its commit came after it had expired, so that what was used was consumed anew.</summary>
    public bool IsLate { get; init; }

    /// <summary>When it ended, UTC; null while it is open.</summary>
    public DateTime? EndedAt { get; init; }

    /// <summary>The caller's label for what it is used for; '' = none.</summary>
    public string Meter { get; init; } = "";

    /// <summary>
    /// The reservation as Redis and events have it, without its id:
    /// <c>state:expires:amount:period:period units:consumed:released:uncovered:late:ended:meter</c>, times in ms since 1970.
    /// </summary>
    public string ToText() => string.Create(CultureInfo.InvariantCulture,
        $"{ReservationStates.NameOf(State)}:{UnixTime.Of(ExpiresAt)}:{Amount}:{Period}:{PeriodUnits}:{Consumed}:{Released}:{Uncovered}:{(IsLate ? 1 : 0)}:{(EndedAt is { } end ? UnixTime.Of(end) : 0)}:{Meter}");

    /// <summary>Reads what <see cref="ToText"/> writes.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="text">The text.</param>
    /// <exception cref="FormatException">The text is damaged.</exception>
    public static Reservation Parse(string id, string text) =>
        TryParse(id, text) ?? throw new FormatException($"\"{text}\" is not the state of a reservation.");

    private static Reservation? TryParse(string id, string text)
    {
        string[] parts = text.Split(':', Parts);
        int[] figures = new int[7];
        if (parts.Length != Parts || ReservationStates.TryParse(parts[0]) is not { } state || !UnixTime.TryParse(parts[1], out var expires)
            || !UnixTime.TryParse(parts[9], out var ended))
        {
            return null;
        }

        for (int i = 0; i < figures.Length; i++)
        {
            if (!int.TryParse(parts[i + 2], CultureInfo.InvariantCulture, out figures[i]))
                return null;
        }

        return new Reservation(id, state, expires, figures[0])
        {
            Period = figures[1],
            PeriodUnits = figures[2],
            Consumed = figures[3],
            Released = figures[4],
            Uncovered = figures[5],
            IsLate = figures[6] != 0,
            EndedAt = state == ReservationState.Open ? null : ended,
            Meter = parts[10],
        };
    }
}
