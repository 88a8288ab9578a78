using System.Text;
using FlowQuota.Sandbox.Limits;
using Jint;
using Jint.Native;
using Jint.Native.Object;
using Jint.Runtime;
using Jint.Runtime.Interop;

namespace FlowQuota.Sandbox.Language;

/// <summary><c>Number.prototype.toString(radix)</c> with as many digits as distinguish the number from its neighbours, as in Node.</summary>
internal static class RadixText
{
    private const string Digits = "0123456789abcdefghijklmnopqrstuvwxyz";

    // A number of 2^52 or more has no fraction.
    private const int FractionBits = 52;

    /// <summary>Replaces the method in one engine.</summary>
    public static void Install(Engine engine, RunBudget budget)
    {
        var numbers = (ObjectInstance)engine.Global.Get("Number").Get("prototype");
        var original = numbers.Get("toString");
        numbers.Set("toString", new ClrFunction(engine, "toString", (number, arguments) => Call(engine, budget, original, number, arguments), 1));
    }

    /// <summary>A number in a radix from 2 to 36.</summary>
    /// <param name="value">Finite, and neither zero nor negative.</param>
    /// <param name="radix">From 2 to 36.</param>
    public static string Of(double value, int radix)
    {
        double whole = Math.Floor(value);
        double fraction = value - whole;
        // Half of the distance to the next number; a smaller rest is insignificant.
        double delta = Math.Max(double.Epsilon, 0.5 * (Math.BitIncrement(value) - value));
        var after = new StringBuilder();
        if (fraction >= delta)
            AppendFraction(after, ref whole, fraction, delta, radix);
        string before = WholeText(whole, radix);
        return after.Length == 0 ? before : $"{before}.{after}";
    }

    private static JsValue Call(Engine engine, RunBudget budget, JsValue original, JsValue number, JsValue[] arguments)
    {
        budget.Check();
        if (!number.IsNumber() || arguments.Length == 0 || arguments[0].IsUndefined())
            return engine.Call(original, number, arguments);
        var (value, radix) = (number.AsNumber(), TypeConverter.ToInteger(arguments[0]));
        if (radix is < 2 or > 36 or 10 || !double.IsFinite(value) || value == 0)
            return engine.Call(original, number, [radix]);
        return value < 0 ? $"-{Of(-value, (int)radix)}" : Of(value, (int)radix);
    }

    private static void AppendFraction(StringBuilder after, ref double whole, double fraction, double delta, int radix)
    {
        do
        {
            fraction *= radix;
            delta *= radix;
            int digit = (int)fraction;
            after.Append(Digits[digit]);
            fraction -= digit;
            if (fraction > 0.5 || (fraction == 0.5 && (digit & 1) != 0))
            {
                if (fraction + delta > 1)
                {
                    RoundUp(after, ref whole, radix);
                    return;
                }
            }
        }
        while (fraction >= delta);
    }

    private static void RoundUp(StringBuilder after, ref double whole, int radix)
    {
        while (after.Length > 0)
        {
            int digit = Digits.IndexOf(after[^1], StringComparison.Ordinal);
            after.Length--;
            if (digit + 1 < radix)
            {
                after.Append(Digits[digit + 1]);
                return;
            }
        }

        whole++;
    }

    private static string WholeText(double whole, int radix)
    {
        var reversed = new StringBuilder();
        // Digits below the least significant bit are insignificant, and are zero.
        while (Math.ILogB(whole / radix) > FractionBits)
        {
            whole /= radix;
            reversed.Append('0');
        }

        do
        {
            double remainder = whole % radix;
            reversed.Append(Digits[(int)remainder]);
            whole = (whole - remainder) / radix;
        }
        while (whole > 0);
        char[] text = reversed.ToString().ToCharArray();
        Array.Reverse(text);
        return new string(text);
    }
}
