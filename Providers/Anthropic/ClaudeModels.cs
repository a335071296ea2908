namespace OrleansLlm.Providers.Anthropic;

/// <summary>
/// What differs between Claude's generations, by the model's name (https://docs.claude.com/en/docs/about-claude/models). A name that says nothing is
/// taken for a new model.
/// </summary>
internal static class ClaudeModels
{
    private static readonly string[] WithoutOutputFormat = ["claude-2", "claude-instant", "claude-3", "claude-sonnet-4-0", "claude-opus-4-0", "claude-sonnet-4-2", "claude-opus-4-2"];
    private static readonly string[] WithBudgets = ["claude-opus-4-1", "claude-opus-4-5", "claude-sonnet-4-5", "claude-haiku-4-5"];
    private static readonly string[] WithSampling = [.. WithBudgets, "claude-opus-4-6", "claude-sonnet-4-6"];
    private static readonly string[] Unforced = ["fable", "mythos", "opus-5-5", "sonnet-5-5"];
    private static readonly string[] Families = ["claude", "opus", "sonnet", "haiku", "fable", "mythos"];

    /// <summary>It takes a JSON schema in <c>output_config.format</c>; the others are made to call a tool with that schema.</summary>
    public static bool HasOutputFormat(string model) => AsAnthropics(model) is var name && !IsOneOf(name, WithoutOutputFormat) && !name.EndsWith("-4", StringComparison.Ordinal);

    /// <summary>It thinks by effort; the others by a budget of tokens.</summary>
    public static bool ThinksByEffort(string model) => HasOutputFormat(model) && !IsOneOf(model, WithBudgets);

    /// <summary>It takes a temperature or a <c>top_p</c>, not both: since Opus 4.1.</summary>
    public static bool WantsOneSampling(string model) => HasOutputFormat(model);

    /// <summary>
    /// It takes <c>temperature</c>, <c>top_p</c> and <c>top_k</c>: Opus 4.7 and all that came after it refuse them. A name in which no family of
    /// Claude's stands is another maker's model behind Anthropic's words, and takes them.
    /// </summary>
    public static bool TakesSampling(string model) =>
        !HasOutputFormat(model) || IsOneOf(model, WithSampling) || !IsClaude(model);

    /// <summary>Its name says that it is Anthropic's own.</summary>
    public static bool IsClaude(string model) => IsOneOf(model, Families);

    /// <summary>It can be made to call a tool: <c>tool_choice</c> of <c>any</c> or <c>tool</c>. Most of those that always think refuse that (https://platform.claude.com/docs/en/models/opus-5-5/whats-new-opus-5-5).</summary>
    public static bool CanBeForced(string model) => !IsOneOf(model, Unforced);

    /// <summary>Google writes the version behind an <c>@</c>: <c>claude-sonnet-4@20250514</c>, or <c>@default</c>, which is none.</summary>
    private static string AsAnthropics(string model) => model.IndexOf('@', StringComparison.Ordinal) is >= 0 and var at
        ? at + 1 < model.Length && char.IsAsciiDigit(model[at + 1]) ? $"{model[..at]}-{model[(at + 1)..]}" : model[..at]
        : model;

    private static bool IsOneOf(string model, string[] families) =>
        families.Any(family => model.Contains(family, StringComparison.OrdinalIgnoreCase));
}
