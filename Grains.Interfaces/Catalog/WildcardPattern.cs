using System.Collections.Immutable;
using System.Text;

namespace OrleansLlm.Catalog;

/// <summary>A name with any number of <c>*</c>, each of which stands for any text; the first takes as much as it can, as with LiteLLM.</summary>
public sealed class WildcardPattern(string pattern)
{
    private const char Star = '*';

    private readonly string[] _pieces = pattern.Split(Star);

    /// <summary>The characters that are no star: of two patterns that match, the one with more of them is the more particular.</summary>
    public int Literals { get; } = pattern.Length - pattern.Count(Star);

    /// <returns>What each star stands for; default: it does not match.</returns>
    public ImmutableArray<string> Match(string name)
    {
        var (first, last) = (_pieces[0], _pieces[^1]);
        if (_pieces.Length == 1) return name == first ? [] : default;
        if (name.Length < Literals || !name.StartsWith(first, StringComparison.Ordinal) || !name.EndsWith(last, StringComparison.Ordinal)) return default;
        // From the end, each piece as far to the right as it may be.
        var segments = new string[_pieces.Length - 1];
        var end = name.Length - last.Length;
        for (var i = _pieces.Length - 2; i > 0; i--)
        {
            var at = name.AsSpan(first.Length, end - first.Length).LastIndexOf(_pieces[i], StringComparison.Ordinal);
            if (at < 0) return default;
            at += first.Length;
            segments[i] = name[(at + _pieces[i].Length)..end];
            end = at;
        }

        segments[0] = name[first.Length..end];
        return [.. segments];
    }

    /// <summary>The text with its stars replaced, the first by the first segment and so on; where there are more of them, the last segment stands for the rest.</summary>
    public static string Fill(string text, ImmutableArray<string> segments)
    {
        if (segments.IsDefaultOrEmpty || !text.Contains(Star)) return text;
        var filled = new StringBuilder();
        var next = 0;
        foreach (var character in text)
        {
            if (character == Star) filled.Append(segments[Math.Min(next++, segments.Length - 1)]);
            else filled.Append(character);
        }

        return filled.ToString();
    }
}
