using System.Collections.Frozen;

namespace OrleansLlm.Providers;

/// <summary>One provider by LiteLLM's name: what it speaks, where it lives, what it can be asked and what it cannot honour.</summary>
/// <param name="Name">Before the first slash of <c>litellm_params.model</c>.</param>
/// <param name="DefaultBase">Its usual address; null: it must be configured.</param>
public sealed record UpstreamProvider(string Name, UpstreamWire Wire, string? DefaultBase)
{
    private static readonly UpstreamOperation[] All = [UpstreamOperation.Chat, UpstreamOperation.Completion, UpstreamOperation.Embedding];

    public IReadOnlyList<UpstreamOperation> Operations { get; init; } = All;

    /// <summary>
    /// Parameters of OpenAI's that it is known not to honour. For a dialect that is translated they are left out because it has no word
    /// for them; for one that is forwarded they are passed on unless <see cref="ParameterRules.Drop"/> says otherwise.
    /// </summary>
    public IReadOnlySet<string> Unsupported { get; init; } = FrozenSet<string>.Empty;

    /// <summary>Parameters of OpenAI's that it has under a name of its own.</summary>
    public IReadOnlyDictionary<string, string> Renamed { get; init; } = FrozenDictionary<string, string>.Empty;

    /// <summary>What a request can neither change nor leave out where the operator has configured it.</summary>
    public IReadOnlySet<string> Enforced { get; init; } = FrozenSet<string>.Empty;

    /// <summary>
    /// What only tells OpenAI how to cache and whom it serves, and agents send along with everything: of it what this one refuses a request for. It is left out, and nothing said of it, as where a request
    /// is translated: no answer is another for it.
    /// </summary>
    public IReadOnlySet<string> RefusedHints { get; init; } = FrozenSet<string>.Empty;

    /// <summary>It takes what a model has thought in earlier turns (<c>reasoning_content</c>, <c>thinking_blocks</c>), or passes over it; false: it refuses the request.</summary>
    public bool ReadsThoughts { get; init; } = true;

    /// <summary>It refuses <c>cache_control</c>, though it takes thoughts; who refuses these refuses both.</summary>
    public bool RefusesCacheMarks { get; init; }

    /// <summary>It knows <c>n</c>, but gives one choice and no more.</summary>
    public bool GivesOneChoice { get; init; }

    /// <summary>The most texts that it embeds in one request; 0: nothing is known of a limit that its clients would have to know.</summary>
    public int MostTexts { get; init; }

    /// <summary>The models behind it are OpenAI's own, and some of their names say what they take.</summary>
    public bool ServesOpenAisModels { get; init; }

    /// <summary>It may refuse to stream (models that OpenAI keeps from organizations it has not verified), and is then asked for the whole answer.</summary>
    public bool MayRefuseStreams => !IsTranslated || Wire is UpstreamWire.Responses or UpstreamWire.Bedrock;

    /// <summary>Its dialect has words for a search of the web that it runs itself. One that is forwarded to may, and nothing is known of it.</summary>
    public bool SearchesTheWeb => IsTranslated && !Unsupported.Contains(WebSearch.Field);

    /// <summary>A client that wants a stream is better served with an answer in one piece than with none: the tools of some models do not go with a stream there.</summary>
    public bool RetellsWholeAnswers => Wire is UpstreamWire.Bedrock;

    /// <summary>Requests are translated, not forwarded: what has no word in the dialect is always left out.</summary>
    public bool IsTranslated => Wire is not (UpstreamWire.OpenAi or UpstreamWire.Azure or UpstreamWire.VertexOpenAi or UpstreamWire.AzureAi);
}
