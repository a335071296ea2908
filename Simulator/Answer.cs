using System.Text;

namespace OrleansLlm.Simulator;

/// <summary>The deterministic answer to a request: it echoes the prompt and says that it is simulated.</summary>
internal sealed class Answer
{
    private const int EchoLimit = 400;

    private Answer(string thinking, string text, int tokens, bool cut, IReadOnlyList<(string, string)> calls)
    {
        Thinking = thinking;
        Text = text;
        TokenCount = tokens;
        IsCut = cut;
        Calls = calls;
    }

    public string Thinking { get; }

    public string Text { get; }

    /// <summary>Tokens are words with the space before them.</summary>
    public int TokenCount { get; }

    /// <summary>The token limit ended it: finish reason "length".</summary>
    public bool IsCut { get; }

    public IReadOnlyList<(string Name, string Arguments)> Calls { get; }

    public static Answer To(Ask ask, SimulatorOptions options)
    {
        var thinking = ask.Think ? "A simulated thought about: " + Echo(ask.Prompt) : "";
        if (ask.Calls.Count > 0) return new Answer(thinking, "", ask.Calls.Count * 8, false, ask.Calls);
        var text = $"This is a simulated answer from {ask.Model} to: {Echo(ask.Prompt)}";
        if (ask.Format is { } schema) text = SchemaAnswer.JsonFor(schema, text);
        var natural = CountTokens(text);
        var wanted = options.Tokens > 0 ? options.Tokens : natural;
        var allowed = ask.MaxTokens is > 0 and var most ? Math.Min(most, wanted) : wanted;
        if (allowed < natural) text = text[..EndOfToken(text, allowed)];
        else if (allowed > natural) text = Padded(text, natural, allowed);
        return new Answer(thinking, text, allowed, allowed < wanted, []);
    }

    /// <summary>The end of the token that starts at <paramref name="start"/>.</summary>
    public static int NextToken(ReadOnlySpan<char> text, int start)
    {
        var space = start + 1 >= text.Length ? -1 : text[(start + 1)..].IndexOf(' ');
        return space < 0 ? text.Length : start + 1 + space;
    }

    public static int CountTokens(ReadOnlySpan<char> text)
    {
        var count = 0;
        for (var at = 0; at < text.Length; at = NextToken(text, at)) count++;
        return count;
    }

    private static string Echo(string prompt) =>
        prompt.Length <= EchoLimit ? prompt : prompt[..(char.IsHighSurrogate(prompt[EchoLimit - 1]) ? EchoLimit - 1 : EchoLimit)];

    private static int EndOfToken(string text, int tokens)
    {
        var at = 0;
        while (tokens-- > 0) at = NextToken(text, at);
        return at;
    }

    private static string Padded(string text, int natural, int tokens)
    {
        var padded = new StringBuilder(text, text.Length + ((tokens - natural) * 9));
        for (var token = natural + 1; token <= tokens; token++) padded.Append(" word").Append(token);
        return padded.ToString();
    }
}
