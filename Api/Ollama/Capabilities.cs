using OrleansLlm.Api.Doors;

namespace OrleansLlm.Api.Ollama;

/// <summary>What a model can do, in Ollama's words, from what its configuration tells (LiteLLM's <c>model_info</c>).</summary>
internal static class Capabilities
{
    /// <summary>Clients offer tools to a model only if it is said to take them: it is, unless the configuration denies it.</summary>
    public static IEnumerable<string> Of(ModelFacts model)
    {
        if (model.Mode == "embedding")
        {
            yield return "embedding";
            yield break;
        }

        yield return "completion";
        if (model.Mode == "completion") yield break;
        if (model.Says("supports_function_calling") != false) yield return "tools";
        if (model.Says("supports_vision") == true) yield return "vision";
        if (model.MayReason) yield return "thinking";
    }
}
