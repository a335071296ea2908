namespace OrleansLlm;

/// <summary>Names that live in stored state or on the wire between silos: never changed, only added to.</summary>
public static class Names
{
    /// <summary>The one grain state store.</summary>
    public const string StateStore = "gateway";

    public const string BackendState = "backend";
    public const string UserState = "user";
    public const string LimitState = "limit";
    public const string ScopeIndexState = "scope-index";
    public const string CatalogState = "catalog";
    public const string AccountState = "account";
    public const string AccountIndexState = "account-index";
    public const string ConversationState = "conversation";
    public const string CacheFlushState = "cache-flush";
    public const string ConversationListState = "conversations";
    public const string ResponseState = "response";
    public const string SessionState = "sessions";

    /// <summary>The stream provider that carries the events of running inferences; the host registers it.</summary>
    public const string TokenStreams = "tokens";

    /// <summary>The namespace of those streams; their keys are the keys of the inference grains.</summary>
    public const string InferenceStreams = "inference";

    /// <summary>The namespace of the streams that are read by whoever watches the gateway, of the same provider; the keys follow.</summary>
    public const string LiveStreams = "live";

    /// <summary>Key of the stream of <see cref="Backends.BackendStatus"/>.</summary>
    public const string LiveBackends = "backends";

    /// <summary>Key of the stream of <see cref="Recent.RequestNews"/>. "requests" was another's.</summary>
    public const string LiveStories = "stories";
}
