using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OrleansLlm.Catalog;
using OrleansLlm.Conversations;
using OrleansLlm.Grains.Conversations;
using OrleansLlm.Inference;
using OrleansLlm.Providers;

namespace OrleansLlm.Grains.Inference;

/// <summary>
/// One request's turn of a stored conversation: the history before it, its answer gathered as it passes, and both stored when the answer is
/// complete. What broke off is not stored.
/// </summary>
internal sealed class OpenTurn
{
    /// <summary>The pauses between the tries to store it, in seconds: a killed silo's conversation is at home elsewhere within them.</summary>
    private static readonly double[] AgainAfter = [0.25, 0.5, 1, 2, 4, 8];

    private readonly IConversationGrain _conversation;
    private readonly ConversationPrompt _prompt;
    private readonly InferenceServices _services;
    private ChatGatherer? _gatherer = new();
    private ReadOnlyMemory<byte> _whole;

    private OpenTurn(IConversationGrain conversation, ConversationPrompt prompt, InferenceRequest request, ConversationOptions options, InferenceServices services)
    {
        (_conversation, _prompt, _services) = (conversation, prompt, services);
        Request = request with
        {
            Body = prompt.Body,
            PromptEstimate = prompt.Tokens,
            Queue = request.Queue with { Turn = HashOf(prompt.Turn.Id), Follows = prompt.Follows is { } before ? HashOf(before) : null },
        };
        IsTooLarge = prompt.System.Length + prompt.Turn.Bytes > options.MaxBytes;
    }

    /// <summary>With the history in its body.</summary>
    public InferenceRequest Request { get; }

    /// <summary>Its messages alone are more than a conversation may hold.</summary>
    public bool IsTooLarge { get; }

    /// <returns>Null for a request of no conversation.</returns>
    public static async Task<OpenTurn?> OpenAsync(
        IGrainFactory grains, InferenceRequest request, string requestId, GatewayCatalog catalog, InferenceServices services)
    {
        if (request.Conversation is not { } use) return null;
        var conversation = grains.GetGrain<IConversationGrain>(use.Key);
        var content = await conversation.ReadAsync();
        // The narrowest of those that may serve it.
        var context = catalog.FindGroup(request.Model)?.Deployments.Min(d => d.MaxInputTokens);
        var prompt = ConversationPrompt.Compose(request.Body, request.PromptEstimate, content, use, requestId, context);
        return new OpenTurn(conversation, prompt, request, catalog.Settings.Conversations, services);
    }

    public void Saw(InferenceEvent next)
    {
        if (next is WholeAnswer whole) _whole = whole.Json;
        if (next is not TokenChunk chunk) return;
        try
        {
            _gatherer?.Add(new UpstreamChunk(chunk.Json, default, null));
        }
        catch (UpstreamException)
        {
            // The client sees it as it is; as a message it is not worth keeping.
            _gatherer = null;
        }
    }

    /// <summary>The answer is complete.</summary>
    /// <returns>Why it could not be stored; null: it is.</returns>
    public async Task<Failure?> StoreAsync(string requestId)
    {
        if (AnswerOf() is not { } answer) return Failures.TurnNotStored("its answer cannot be kept as a message");
        var turn = _prompt.Turn with { Answer = answer, Tokens = _prompt.Turn.Tokens + ConversationPrompt.TokensOf(answer) };
        var added = new NewTurn(Request.User, _prompt.System, turn);
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await _conversation.AppendAsync(added) switch
                {
                    AppendOutcome.Stored => null,
                    AppendOutcome.TooLarge => Failures.TurnNotStored("the turn is larger than a conversation may be (gateway_settings.conversations)"),
                    _ => Failures.TurnNotStored("this user has too many conversations (gateway_settings.conversations.max_conversations)"),
                };
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                _services.Logger.TurnNotStored(requestId, attempt + 1, e);
                if (attempt == AgainAfter.Length) return Failures.TurnNotStored("the store cannot be reached");
            }

            await Task.Delay(TimeSpan.FromSeconds(AgainAfter[attempt]), _services.Time);
        }
    }

    private byte[]? AnswerOf()
    {
        try
        {
            return _whole.IsEmpty ? _gatherer is null ? null : AssistantMessage.Of(_gatherer.ToCompletion()) : AssistantMessage.Of(_whole);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static ulong HashOf(string id) => BitConverter.ToUInt64(SHA256.HashData(Encoding.UTF8.GetBytes(id)));
}
