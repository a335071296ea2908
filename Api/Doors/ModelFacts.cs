using System.Text.Json;
using OrleansLlm.Catalog;

namespace OrleansLlm.Api.Doors;

/// <summary>What the configuration tells of a model's abilities (<c>model_info</c>, LiteLLM's names); true of all its deployments or of none.</summary>
/// <param name="group">Null: nobody knows the model.</param>
/// <param name="areStandIns">Different models, of which one is asked after the other: what one of them knows is told, and what one of them refuses is not.</param>
internal sealed class ModelFacts(ModelGroup? group, bool areStandIns = false)
{
    private static readonly string[] Older = ["gpt-3.5", "gpt-4", "chatgpt-4"];

    /// <summary>It can think and takes to be told how hard; unless the configuration says so it is better not told by the way.</summary>
    public bool MayReason => Says("supports_reasoning") == true;

    /// <summary>A word that switches thinking off is understood.</summary>
    public bool MayBeToldNotToReason => MayReason || All(IsOllama);

    /// <summary>An Ollama is among those that serve it.</summary>
    public bool MayBeOllama => group is not null && group.Deployments.Any(IsOllama);

    /// <summary>Anthropic's own words reach it, and mean something there.</summary>
    public bool IsAnthropic => All(d => d.SpeaksAnthropic);

    /// <summary>It is Claude, at Bedrock or, for some of its deployments, in Anthropic's words: it caches prompts and knows its thoughts again.</summary>
    public bool IsClaudeAnywhere => Counts(d => d.IsClaude);

    /// <summary>It is asked at OpenAI's own Responses API.</summary>
    public bool IsAtResponses => All(d => d.SpeaksResponses);

    /// <summary>The service that runs it can be told to search the web.</summary>
    public bool SearchesTheWeb => All(d => d.SearchesTheWeb);

    /// <summary>A server of one's own under OpenAI's name may know more.</summary>
    public bool KnowsOnlyOpenAisWords => Counts(d => d.IsOpenAis);

    /// <summary>One of OpenAI's older models, which refuse to be told how hard to think.</summary>
    public bool RefusesEffort => !MayReason && Counts(IsOlder);

    /// <summary>Null: the configuration does not say.</summary>
    public bool? Says(string ability)
    {
        if (group is null || group.Deployments.IsEmpty) return null;
        bool? all = null;
        foreach (var deployment in group.Deployments)
        {
            if (Info(deployment, ability) is not { ValueKind: JsonValueKind.True or JsonValueKind.False } said) return null;
            all = (all ?? true) && said.ValueKind == JsonValueKind.True;
        }

        return all;
    }

    /// <summary>LiteLLM's <c>mode</c>: chat, completion, embedding …; null: not said.</summary>
    public string? Mode => group is { Deployments: [var first, ..] } && Info(first, "mode") is { ValueKind: JsonValueKind.String } mode ? mode.GetString() : null;

    /// <summary>The narrowest context, in tokens; null: not known.</summary>
    public long? MaxInputTokens => group is { Deployments: [_, ..] deployments } ? deployments.Min(d => d.MaxInputTokens) : null;

    private static bool IsOllama(Deployment deployment) => deployment.Provider.StartsWith("ollama", StringComparison.Ordinal);

    private static bool IsOlder(Deployment deployment) => deployment.IsOpenAis && Older.Any(o => deployment.Model.StartsWith(o, StringComparison.OrdinalIgnoreCase));

    /// <summary>Of stand-ins one is enough.</summary>
    private bool Counts(Func<Deployment, bool> holds) => areStandIns ? group is not null && group.Deployments.Any(holds) : All(holds);

    private bool All(Func<Deployment, bool> holds) => group is { Deployments: [_, ..] deployments } && deployments.All(holds);

    private static JsonElement? Info(Deployment deployment, string name) =>
        deployment.ModelInfo is { ValueKind: JsonValueKind.Object } info && info.TryGetProperty(name, out var value) ? value : null;
}
