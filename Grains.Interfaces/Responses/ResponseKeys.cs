using OrleansLlm.Conversations;
using OrleansLlm.Inference;

namespace OrleansLlm.Responses;

/// <summary>The ids of responses, and the keys of their grains. An id is its request's: whoever runs a response is found by it.</summary>
public static class ResponseKeys
{
    public const string Prefix = "resp_";

    public static string IdOf(string requestId) => Prefix + InferenceIds.RequestOf(requestId)[InferenceIds.RequestPrefix.Length..];

    /// <summary>Whether a response could have this id: only such an id may wake a grain.</summary>
    public static bool IsId(string id) => id.StartsWith(Prefix, StringComparison.Ordinal) && InferenceIds.IsInference(InferenceOf(id));

    /// <summary>The key of the inference that ran it, where it ran detached.</summary>
    public static string InferenceOf(string id) => InferenceIds.RequestPrefix + id[Prefix.Length..];

    /// <summary>The owner is part of the key, so an id of somebody else names nothing.</summary>
    public static string Of(string owner, string id) => ConversationKeys.Of(owner, id);

    public static string IdOfKey(string key) => ConversationKeys.IdOf(key);

    /// <summary>The key of the list of a user's responses; that of its conversations is the user's own.</summary>
    public static string ListOf(string user) => ListPrefix + user;

    public static bool IsList(string key) => key.StartsWith(ListPrefix, StringComparison.Ordinal);

    private const string ListPrefix = "responses|";
}
