namespace OrleansLlm.Providers.Anthropic;

/// <summary>
/// What differs between Claude's generations, by the model's name (https://docs.claude.com/en/docs/about-claude/models). A name that says nothing is
/// taken for a new model.
/// </summary>
internal static class ClaudeModels
{
    private static readonly string[] WithoutOutputFormat = ["claude-2", "claude-instant", "claude-3", "claude-sonnet-4-0", "claude-opus-4-0", "claude-sonnet-4-2", "claude-opus-4-2"];
    private static readonly string[] WithBudgets = ["claude-opus-4-1", "claude-opus-4-5", "claude-sonnet-4-5", "claude-haiku-4-5"];

    /// <summary>It takes a JSON schema in <c>output_config.format</c>; the others are made to call a tool with that schema.</summary>
    public static bool HasOutputFormat(string model) => !IsOneOf(model, WithoutOutputFormat);

    /// <summary>It thinks by effort; the others by a budget of tokens.</summary>
    public static bool ThinksByEffort(string model) => HasOutputFormat(model) && !IsOneOf(model, WithBudgets);

    /// <summary>It takes a temperature or a <c>top_p</c>, not both: since Opus 4.1.</summary>
    public static bool WantsOneSampling(string model) => HasOutputFormat(model);

    private static bool IsOneOf(string model, string[] families) =>
        families.Any(family => model.Contains(family, StringComparison.OrdinalIgnoreCase)) || model.EndsWith("-4", StringComparison.Ordinal);
}
