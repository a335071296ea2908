using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json;

namespace OrleansLlm.Catalog;

/// <summary>One entry of <c>model_list</c>: a model at a backend, with the account that pays for it.</summary>
public sealed record Deployment
{
    /// <summary>Stable over restarts: <c>model_info.id</c>, or a hash of the group name and all parameters, as in LiteLLM.</summary>
    public required string Id { get; init; }

    /// <summary>The public name of its group.</summary>
    public required string Group { get; init; }

    /// <summary><c>litellm_params.model</c> as configured, for instance <c>ollama/llama3.2</c>.</summary>
    public required string ConfiguredModel { get; init; }

    /// <summary>Who is asked, by LiteLLM's prefix: <c>ollama</c>, <c>deepseek</c>, …</summary>
    public required string Provider { get; init; }

    /// <summary>The upstream's own name of the model; holds the <c>*</c> of a wildcard deployment until a request names the rest.</summary>
    public required string Model { get; init; }

    /// <summary>What it really is, where its own name need not say so: <c>model_info.base_model</c>, with its prefix or without; null: what its name says.</summary>
    public string? BaseModel { get; init; }

    /// <summary>
    /// Whether OpenAI's model is asked at its Responses API (<c>responses/</c> before its name, or <c>model_info.mode: responses</c>), or for chat completions (another
    /// <c>mode</c>); null: as its name says.
    /// </summary>
    public bool? AtResponses { get; init; }

    /// <summary>It is asked at OpenAI's Responses API, whether the configuration or its name says so.</summary>
    public bool SpeaksResponses { get; init; }

    /// <summary>OpenAI itself serves it, or Azure, and they refuse a request that has a word of anybody else's.</summary>
    public bool IsOpenAis { get; init; }

    /// <summary>The service behind it can be told to search the web, in words that the gateway has for it.</summary>
    public bool SearchesTheWeb { get; init; }

    /// <summary>Claude, asked in Anthropic's words: by Anthropic itself, by Vertex AI or Azure, which have other models as well.</summary>
    public bool SpeaksAnthropic => Provider switch
    {
        "anthropic" => true,
        "vertex_ai" => Model.StartsWith("claude", StringComparison.OrdinalIgnoreCase),
        "azure_ai" => (BaseModel ?? Model).Contains("claude", StringComparison.OrdinalIgnoreCase),
        _ => false,
    };

    /// <summary>Claude, also in Bedrock's words: they can say what shall be cached, and what it has thought.</summary>
    public bool IsClaude => SpeaksAnthropic || (Provider == "bedrock" && (BaseModel ?? Model).Contains("claude", StringComparison.OrdinalIgnoreCase));

    /// <param name="anthropics">A request that has been kept in Anthropic's words, not only with what Claude knows everywhere.</param>
    public bool Understands(bool anthropics) => anthropics ? SpeaksAnthropic : IsClaude;

    public required Uri ApiBase
    {
        get;
        init
        {
            field = value;
            Address = value.GetLeftPart(UriPartial.Path);
        }
    }

    /// <summary>The <see cref="ApiBase"/> as it is shown: without a query, which may hold a key.</summary>
    public string Address { get; private init; } = "";

    /// <summary>Secret: never logged, never shown.</summary>
    public string? ApiKey { get; init; }

    /// <summary>The backend whose slots it uses: a <see cref="BackendOptions.Name"/>.</summary>
    public required string Backend { get; init; }

    /// <summary>Completion parameters for requests that do not set them, as JSON values.</summary>
    public ImmutableDictionary<string, JsonElement> Defaults { get; init; } = ImmutableDictionary<string, JsonElement>.Empty;

    /// <summary>Extra request headers for the upstream (<c>extra_headers</c>).</summary>
    public ImmutableDictionary<string, string> Headers { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Relative weights for simple-shuffle.</summary>
    public double? Weight { get; init; }

    /// <summary><c>rpm</c>: never more inferences begun in any 60 s; also a weight for simple-shuffle.</summary>
    public double? RequestsPerMinute { get; init; }

    /// <summary><c>tpm</c>: never more tokens in any 60 s, as far as the estimate before each inference holds; also a weight.</summary>
    public double? TokensPerMinute { get; init; }

    /// <summary>US dollars (<c>input_cost_per_token</c>, else a list price); null: not known.</summary>
    public double? InputCostPerToken { get; init; }

    public double? OutputCostPerToken { get; init; }

    /// <summary>Of tokens of the prompt that the service had in its cache (<c>cache_read_input_token_cost</c>); null: as any other.</summary>
    public double? CacheReadCostPerToken { get; init; }

    /// <summary>Of those that it has put into it (<c>cache_creation_input_token_cost</c>); null: as any other.</summary>
    public double? CacheWriteCostPerToken { get; init; }

    /// <summary>Scopes with budgets that its answers count for, its own (<c>max_budget</c>) and its provider's (<c>provider_budget_config</c>): once one is spent, nobody asks it.</summary>
    public ImmutableArray<string> BudgetScopes { get; init; } = [];

    /// <summary>Its own <c>num_retries</c>; null: the gateway's.</summary>
    public int? Retries { get; init; }

    /// <summary>How long it is sidelined after a fault of its own (<c>cooldown_time</c>); null: its backend's cooldown.</summary>
    public TimeSpan? Cooldown { get; init; }

    /// <summary><c>model_info.max_input_tokens</c>, checked before the call with <c>enable_pre_call_checks</c>; null: not known.</summary>
    public long? MaxInputTokens { get; init; }

    /// <summary><c>model_info.max_output_tokens</c>, for services that want a limit in every request; null: not known.</summary>
    public long? MaxOutputTokens { get; init; }

    public DeploymentParameters Parameters { get; init; } = DeploymentParameters.Default;

    /// <summary><c>ssl_verify</c>.</summary>
    public ServerTrust Trust { get; init; } = ServerTrust.OfTheSystem;

    public DeploymentAccount Account { get; init; } = DeploymentAccount.None;

    /// <summary><c>tags</c>: with <see cref="RoutingOptions.FiltersTags"/>, requests that have one of them.</summary>
    public ImmutableArray<string> Tags { get; init; } = [];

    /// <summary><c>model_info.access_groups</c>: names under which keys may have it, together with others.</summary>
    public ImmutableArray<string> AccessGroups { get; init; } = [];

    /// <summary><c>merge_reasoning_content_in_choices</c>: what the model thinks is told in its text.</summary>
    public bool MergesThoughts { get; init; }

    /// <summary>Lower is used up first; deployments without one come last.</summary>
    public int? Order { get; init; }

    public TimeoutOptions Timeouts { get; init; } = new();

    /// <summary><c>model_info</c> as configured.</summary>
    public JsonElement? ModelInfo { get; init; }

    /// <summary>False: an administrator has added or changed it.</summary>
    public bool FromFile { get; init; } = true;

    /// <summary>Of the models that a wildcard deployment may turn out to serve, by <see cref="Model"/>, where it has no price of its own.</summary>
    public IReadOnlyDictionary<string, TokenPrice> ListPrices { get; init; } = NoListPrices;

    public static IReadOnlyDictionary<string, TokenPrice> NoListPrices { get; } = FrozenDictionary<string, TokenPrice>.Empty;

    internal Deployment ForWildcardMatch(string requested, ImmutableArray<string> segments)
    {
        var model = WildcardPattern.Fill(Model, segments);
        var listed = TokenPrice.Find(ListPrices, model);
        return this with
        {
            Model = model,
            Group = requested,
            InputCostPerToken = InputCostPerToken ?? listed?.Input,
            CacheReadCostPerToken = CacheReadCostPerToken ?? (InputCostPerToken is null ? listed?.CacheRead : null),
            CacheWriteCostPerToken = CacheWriteCostPerToken ?? (InputCostPerToken is null ? listed?.CacheWrite : null),
            OutputCostPerToken = OutputCostPerToken ?? listed?.Output,
        };
    }

    /// <summary>Without the key, also without one in the address.</summary>
    public override string ToString() => $"{Group} -> {ConfiguredModel} at {Address}";
}
