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

    /// <summary>The stream provider that carries the events of running inferences; the host registers it.</summary>
    public const string TokenStreams = "tokens";

    /// <summary>The namespace of those streams; their keys are the keys of the inference grains.</summary>
    public const string InferenceStreams = "inference";
}
