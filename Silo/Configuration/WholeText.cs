using System.Text;

namespace OrleansLlm.Silo.Configuration;

/// <summary>
/// A configuration file and the files that it includes as one text, so that whoever waits for it to settle, compares it, keeps it or reads it has all of it. Each
/// of the others stands behind a line that no YAML has: its name, and what is wrong with it.
/// </summary>
internal static class WholeText
{
    private const char Mark = '\0';

    public static string Of(string main, IEnumerable<IncludedText> included)
    {
        var whole = new StringBuilder(main);
        foreach (var (name, text, problem) in included) whole.Append(Mark).Append(name).Append(Mark).Append(problem).Append(Mark).Append(text);
        return whole.ToString();
    }

    public static (string Main, IReadOnlyList<IncludedText> Included) Split(string whole)
    {
        var parts = whole.Split(Mark);
        var included = new List<IncludedText>();
        for (var i = 1; i + 2 < parts.Length; i += 3) included.Add(new IncludedText(parts[i], parts[i + 2], parts[i + 1].Length == 0 ? null : parts[i + 1]));
        return (parts[0], included);
    }
}

/// <param name="Name">As it is included.</param>
/// <param name="Problem">Why it cannot be read; null: it has been.</param>
internal sealed record IncludedText(string Name, string Text, string? Problem);
