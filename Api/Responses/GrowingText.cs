using System.Text;

namespace OrleansLlm.Api.Responses;

/// <summary>A text that comes in pieces. An upstream may cut a character in two: its first half waits for the next piece.</summary>
internal sealed class GrowingText
{
    private readonly StringBuilder _text = new();
    private char? _half;

    /// <returns>What can be told now; it is empty as long as there is only half a character.</returns>
    public string Add(string piece)
    {
        if (piece.Length == 0) return "";
        var all = _half + piece;
        _half = char.IsHighSurrogate(all[^1]) ? all[^1] : null;
        var told = Whole(_half is null ? all : all[..^1]);
        _text.Append(told);
        return told;
    }

    /// <summary>No more comes: a half that waits has lost its other.</summary>
    /// <returns>What is still to be told; nearly always nothing.</returns>
    public string End()
    {
        if (_half is null) return "";
        _half = null;
        _text.Append(Rune.ReplacementChar);
        return Rune.ReplacementChar.ToString();
    }

    public override string ToString() => _text.ToString();

    /// <summary>Half a character cannot be said in UTF-8.</summary>
    private static string Whole(string text)
    {
        if (text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') < 0) return text;
        var whole = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes()) whole.Append(rune);
        return whole.ToString();
    }
}
