using System.Text;

namespace OrleansLlm.Bench.Fuzz;

/// <summary>A case that went wrong.</summary>
/// <param name="Part">Which fuzzer's.</param>
/// <param name="Number">With the seed, all that it takes to have it again.</param>
/// <param name="What">Broken rule, in one line; cases with the same one count as one finding.</param>
/// <param name="Case">The case as text, shrunk.</param>
internal sealed record Found(string Part, long Number, string What, string Case)
{
    private const int Longest = 4000;

    /// <summary>Bytes as a text that shows all of them and can be pasted into C#.</summary>
    public static string Show(ReadOnlySpan<byte> bytes)
    {
        var shown = new StringBuilder();
        foreach (var b in bytes[..Math.Min(bytes.Length, Longest)])
        {
            if (b is >= 32 and < 127) shown.Append((char)b);
            else shown.Append(b switch { (byte)'\n' => "\\n", (byte)'\r' => "\\r", _ => $"\\x{b:x2}" });
        }

        if (bytes.Length > Longest) shown.Append(System.Globalization.CultureInfo.InvariantCulture, $"… ({bytes.Length} bytes)");
        return shown.ToString();
    }

    /// <summary>The kind of an exception and where it was thrown: what makes two findings one.</summary>
    public static string Of(Exception e)
    {
        while (e.InnerException is { } inner) e = inner;
        var ours = (e.StackTrace ?? "").Split('\n').FirstOrDefault(l => l.Contains("OrleansLlm.", StringComparison.Ordinal) && !l.Contains(".Bench.", StringComparison.Ordinal))?.Trim() ?? "";
        return $"{e.GetType().Name} {ours.Split(" in ")[0]}";
    }
}
