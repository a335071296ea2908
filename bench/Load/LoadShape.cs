using System.Globalization;

namespace OrleansLlm.Bench.Load;

/// <summary>What so many users ask for, each with a connection of its own and one request after the other.</summary>
internal sealed record LoadShape
{
    /// <summary>Users, all at once.</summary>
    public required int Users { get; init; }

    public bool Stream { get; init; }

    /// <summary>Length of an answer.</summary>
    public int Tokens { get; init; } = 16;

    /// <summary>Time to the first token at the backend, in milliseconds.</summary>
    public int FirstTokenMs { get; init; }

    /// <summary>Time between two tokens at the backend, in milliseconds; with none a whole answer is there at once.</summary>
    public int GapMs { get; init; }

    /// <summary>Size of the prompt.</summary>
    public int PromptBytes { get; init; } = 40;

    /// <summary>Asks the backends that have one slot each.</summary>
    public bool OneSlot { get; init; }

    public string Model => OneSlot ? "one" : "m";

    /// <summary>What one answer takes at the backend: users begin spread over it, so that they do not march in step.</summary>
    public TimeSpan AnswerTime => TimeSpan.FromMilliseconds(FirstTokenMs + (GapMs * (Tokens - 1)));

    /// <summary>The body of a user's requests. The pace stands at the end of the prompt, for the simulator.</summary>
    public string Body(int user)
    {
        var pace = string.Create(CultureInfo.InvariantCulture, $"[pace ttft={FirstTokenMs} gap={GapMs} tokens={Tokens}]");
        var prompt = string.Concat(Enumerable.Repeat("Tell me about virtual actors, \\\"grains\\\". ", (PromptBytes / 43) + 1));
        var options = Stream ? ",\"stream\":true" : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"model":"{{Model}}"{{options}},"user":"user-{{user}}","messages":[{"role":"user","content":"{{prompt}}{{pace}}"}]}""");
    }
}
