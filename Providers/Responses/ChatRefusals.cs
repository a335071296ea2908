using System.Collections.Concurrent;

namespace OrleansLlm.Providers.Responses;

/// <summary>
/// Which of OpenAI's models have refused chat completions and belong to the Responses API, so that only the first request pays for finding out: one whose name does not say so,
/// or one that refuses a chat with tools alone. An hour later it is tried again.
/// </summary>
internal sealed class ChatRefusals(TimeProvider time)
{
    /// <summary>When it is full everything is forgotten: what still matters is learned again by the next request.</summary>
    public const int Capacity = 1000;

    private const string WithTools = "Function tools with reasoning_effort are not supported";
    private const string NoChat = "This is not a chat model";

    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    /// <summary>Of OpenAI and of Azure. Services repeat what they were asked within a message: so a sentence has to begin it.</summary>
    private static readonly string[] OfTheModel = ["This model is only supported in v1/responses", "The chatCompletion operation does not work with the specified model"];

    private readonly ConcurrentDictionary<(Uri? Address, string Model, string? Version), (bool OnlyTools, long Learned)> _known = [];

    /// <summary>Hardly any process ever learns one, and every request asks.</summary>
    private volatile bool _any;

    public int Count => _known.Count;

    /// <summary>Whether a request that was refused is one for the Responses API.</summary>
    public static bool Is(UpstreamFailure failure, UpstreamRequest request, UpstreamProvider provider)
    {
        if (failure.Status is not (400 or 404) || request.Operation != UpstreamOperation.Chat || provider.IsTranslated || !provider.ServesOpenAisModels) return false;
        // OpenAI says the last one of models for text completions as well, which have none of these names.
        return IsOfTools(failure) || Array.Exists(OfTheModel, sentence => Begins(failure, sentence)) || (Begins(failure, NoChat) && OpenAiFamilies.Of(request, provider) is not null);
    }

    /// <summary>Whether the request would be refused.</summary>
    public bool Knows(UpstreamRequest request)
    {
        if (!_any || request.Operation != UpstreamOperation.Chat || !_known.TryGetValue(Key(request), out var known) || time.GetElapsedTime(known.Learned) > Lifetime) return false;
        return !known.OnlyTools || request.Body.Span.IndexOf("\"tools\""u8) >= 0 || request.Defaults.ContainsKey("tools");
    }

    /// <summary>The request was answered at the Responses API after it had been refused.</summary>
    public void Learn(UpstreamRequest request, UpstreamFailure refused)
    {
        if (_known.Count >= Capacity) _known.Clear();
        _known[Key(request)] = (IsOfTools(refused), time.GetTimestamp());
        _any = true;
    }

    private static bool IsOfTools(UpstreamFailure failure) => Begins(failure, WithTools);

    private static bool Begins(UpstreamFailure failure, string sentence) => failure.Message.StartsWith(sentence, StringComparison.Ordinal);

    private static (Uri?, string, string?) Key(UpstreamRequest request) => (request.ApiBase, request.Model, request.Account.ApiVersion);
}
