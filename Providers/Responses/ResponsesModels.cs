using System.Text.RegularExpressions;

namespace OrleansLlm.Providers.Responses;

/// <summary>
/// OpenAI's models that answer at the Responses API alone and refuse chat completions (https://platform.openai.com/docs/models), by the beginning of their names. LiteLLM's
/// map of models says <c>mode: responses</c> of the same.
/// </summary>
internal static partial class ResponsesModels
{
    /// <summary>LiteLLM's word between the provider and the name of a model: it is asked there, whatever it is.</summary>
    public const string Prefix = "responses/";

    /// <summary>Whether a model is asked there rather than for chat completions.</summary>
    /// <param name="baseModel">What it really is, with a prefix or without; null: what its name says.</param>
    /// <param name="said">What the configuration says; null: nothing.</param>
    public static bool AreAsked(UpstreamProvider provider, string model, string? baseModel, bool? said) =>
        provider.ServesOpenAisModels && !provider.IsTranslated && (model.StartsWith(Prefix, StringComparison.Ordinal) || (said ?? Only().IsMatch(OpenAiFamilies.NameOf(model, baseModel))));

    /// <summary>The name as the service has it.</summary>
    public static UpstreamRequest Named(UpstreamRequest request) => request.Model.Length > Prefix.Length && request.Model.StartsWith(Prefix, StringComparison.Ordinal)
        ? request with { Model = request.Model[Prefix.Length..] } : request;

    /// <summary>o1-pro, o3-pro, o3-deep-research, o4-mini-deep-research, gpt-5-pro, gpt-5-codex, gpt-5.1-codex-max, codex-mini-latest, computer-use-preview and what follows them.</summary>
    [GeneratedRegex(@"^(?:o\d+-pro|o\d+(?:-mini)?-deep-research|gpt-5(?:\.\d+)?-(?:pro|codex)|codex-mini|computer-use-preview)(?:-|$)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Only();
}
