using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OrleansLlm.Catalog;
using OrleansLlm.Conversations;
using OrleansLlm.Grains.Conversations;
using OrleansLlm.Inference;
using OrleansLlm.Providers;
using OrleansLlm.Responses;

namespace OrleansLlm.Grains.Inference;

/// <summary>
/// One request's turn of what is stored: the history before it, of a conversation or of a response, its answer gathered as it passes, and the
/// turn stored when the answer is complete. What broke off is not stored.
/// </summary>
internal sealed class OpenTurn
{
    /// <summary>The pauses between the tries to store it, in seconds: a killed silo's conversation is at home elsewhere within them.</summary>
    private static readonly double[] AgainAfter = [0.25, 0.5, 1, 2, 4, 8];

    private readonly IGrainFactory _grains;
    private readonly ConversationContent _content;
    private readonly ConversationPrompt _prompt;
    private readonly InferenceServices _services;
    private ChatGatherer? _gatherer = new();
    private ReadOnlyMemory<byte> _whole;
    private bool _erased;

    private OpenTurn(IGrainFactory grains, ConversationContent content, ConversationPrompt prompt, InferenceRequest request, InferenceServices services)
    {
        (_grains, _content, _prompt, _services) = (grains, content, prompt, services);
        Request = request with
        {
            Body = prompt.Body,
            Plain = prompt.In(request.Plain),
            PromptEstimate = prompt.Tokens,
            // A client that sends everything along each time is recognised by that, and not by the id of a response it may never name again.
            Queue = request.Conversation is null && prompt.Follows is null && request.Queue.Follows is not null
                ? request.Queue
                : request.Queue with { Turn = HashOf(prompt.Turn.Id), Follows = prompt.Follows is { } before ? HashOf(before) : null, Conversation = HashOf(prompt.First) },
        };
    }

    /// <summary>With the history in its body.</summary>
    public InferenceRequest Request { get; }

    /// <summary>Why it cannot be a turn of what it names; null: it can.</summary>
    public Failure? Refusal { get; private init; }

    /// <returns>Null for a request that neither goes on from anything nor is stored.</returns>
    public static async Task<OpenTurn?> OpenAsync(
        IGrainFactory grains, InferenceRequest request, string requestId, GatewayCatalog catalog, InferenceServices services)
    {
        if (request is { Conversation: null, Response: null or { Key: null, Previous: null } }) return null;
        var content = await ReadAsync(grains, request);
        // The narrowest of those that may serve it.
        var context = catalog.FindGroup(request.Model)?.Deployments.Min(d => d.MaxInputTokens);
        int? instructions = request.Response is { } response ? response.HasInstructions ? 1 : 0 : null;
        var prompt = ConversationPrompt.Compose(request.Body, request.PromptEstimate, content, request.Conversation, requestId, context, instructions);
        if (prompt.AsksAgain) await NoteAskedAgainAsync(grains, request.Conversation!.Key, content.Turns[^1].Id, requestId, services);
        var refusal = await MissingAsync(grains, request, content) ?? Refuse(request, content, prompt, catalog.Settings.Conversations, context);
        return new OpenTurn(grains, content, prompt, request, services) { Refusal = refusal };
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
    public async Task<Failure?> StoreAsync(string requestId, InferenceCompleted completed)
    {
        if (CompletionOf(completed) is not { } completion || AnswerOf(completion) is not { } answer)
        {
            return Failures.TurnNotStored("its answer cannot be kept as a message");
        }

        var turn = _prompt.Turn with { Answer = answer, Tokens = _prompt.Turn.Tokens + ConversationPrompt.TokensOf(answer) };
        // The response first: where it was cancelled its conversation does not get the turn.
        if (await InsistAsync(() => KeepResponseAsync(turn, completion), requestId) is { } notKept) return notKept;
        var notStored = await InsistAsync(() => AppendAsync(turn), requestId) ?? await InsistAsync(EraseWithItsHistoryAsync, requestId);
        if (notStored is not null) await WithdrawResponseAsync(notStored, requestId);
        return notStored;
    }

    /// <summary>What is stored may be stored again: the turn and the response are each kept once by their ids.</summary>
    private async Task<Failure?> InsistAsync(Func<Task<Failure?>> store, string requestId)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await store();
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                _services.Logger.TurnNotStored(requestId, attempt + 1, e);
                // Where this process ends it reaches no store any more, and would only keep the end waiting.
                if (_services.Drain.Over.IsCancellationRequested) return Failures.TurnNotStored("the gateway is stopping");
                if (attempt == AgainAfter.Length) return Failures.TurnNotStored("the store cannot be reached");
            }

            await Task.Delay(TimeSpan.FromSeconds(AgainAfter[attempt]), _services.Time, _services.Drain.Over)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    private static Task<ConversationContent> ReadAsync(IGrainFactory grains, InferenceRequest request)
    {
        if (request.Conversation is { } use) return grains.GetGrain<IConversationGrain>(use.Key).ReadAsync();
        return request.Response?.Previous is { } previous
            ? grains.GetGrain<IResponseGrain>(previous).ReadContentAsync()
            : Task.FromResult(ConversationContent.Empty);
    }

    /// <summary>Before it is known what becomes of it: a client's library repeats what was refused or failed, and then it is no repetition of the turn before.</summary>
    private static async Task NoteAskedAgainAsync(IGrainFactory grains, string conversation, string turnId, string requestId, InferenceServices services)
    {
        try
        {
            await grains.GetGrain<IConversationGrain>(conversation).NoteAskedAgainAsync(turnId);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Whether this turn can be stored will be seen when there is one.
            services.Logger.AskedAgainNotNoted(requestId, e);
        }
    }

    private static async Task<Failure?> MissingAsync(IGrainFactory grains, InferenceRequest request, ConversationContent content)
    {
        if (content.Exists) return null;
        if (request is { Conversation: { } use, Response.ConversationMustExist: true }) return MissingHistory.Conversation(use.Key);
        return request.Response?.Previous is { } previous ? MissingHistory.Response(previous, await grains.GetGrain<IResponseGrain>(previous).ReadAsync()) : null;
    }

    private static Failure? Refuse(
        InferenceRequest request, ConversationContent content, ConversationPrompt prompt, ConversationOptions options, long? context)
    {
        if (request.Conversation is { TurnId: not null } && IsTaken(content, prompt)) return Failures.TurnTaken;
        if (request.Conversation is not null && TooLarge(prompt.System.IsEmpty ? content.System : prompt.System, prompt, options) is { } tooLarge) return tooLarge;
        return request.Response?.MustFit is true && prompt.Dropped > 0
            ? Failures.PromptTooLong(request.Model, prompt.Tokens + prompt.Before.Take(prompt.Dropped).Sum(t => t.Tokens), context!.Value) with { Param = "input" }
            : null;
    }

    /// <summary>Its id is that of a turn before the last, which asked something else.</summary>
    private static bool IsTaken(ConversationContent content, ConversationPrompt prompt) =>
        prompt.Before.Length < content.Turns.Length - 1 && !content.Turns[prompt.Before.Length].Asked.Span.SequenceEqual(prompt.Turn.Asked.Span);

    /// <summary>Before anybody is asked: an answer that cannot be kept has cost as much as any other.</summary>
    private static Failure? TooLarge(ReadOnlyMemory<byte> system, ConversationPrompt prompt, ConversationOptions options)
    {
        if (system.Length + prompt.Turn.Bytes > options.MaxBytes) return Failures.TurnTooLarge(options.MaxBytes);
        return prompt.Turn.Continues && !ConversationRules.HasRoom(system, prompt.Before, prompt.Turn, options) ? Failures.TaskTooLarge(options) : null;
    }

    private async Task<Failure?> AppendAsync(ConversationTurn turn)
    {
        if (Request.Conversation is not { } use) return null;
        var added = new NewTurn(use.User ?? Request.User, _prompt.System, turn) { After = _content.CreatedAt };
        var outcome = await _grains.GetGrain<IConversationGrain>(use.Key).AppendAsync(added);
        _erased = outcome == AppendOutcome.Erased;
        return outcome switch
        {
            // As if it had been erased just after it was stored: its client has its answer.
            AppendOutcome.Stored or AppendOutcome.Erased => null,
            AppendOutcome.Taken => Failures.TurnTaken,
            AppendOutcome.TooLarge => Failures.TurnNeverStored("the turn is larger than a conversation may be (gateway_settings.conversations)"),
            AppendOutcome.ListFull => Failures.TurnNeverStored("this user has too many conversations (gateway_settings.conversations.max_conversations)"),
            // A conversation on a node of a newer version has reasons that this one does not know.
            _ => Failures.TurnNeverStored("its conversation has refused it"),
        };
    }

    private async Task<Failure?> KeepResponseAsync(ConversationTurn turn, byte[] completion)
    {
        if (Request.Response?.Key is not { } key) return null;
        var content = new ConversationContent { System = _content.System, Turns = [.. _prompt.Before, turn] };
        var response = _grains.GetGrain<IResponseGrain>(key);
        return await response.AnswerAsync(new AnsweredResponse(NewResponse.Of(Request), completion, content)) switch
        {
            AppendOutcome.Stored => null,
            AppendOutcome.Ended => (await response.ReadAsync()).Failure ?? Failures.Cancelled,
            AppendOutcome.ListFull => Failures.TurnNeverStored("this user has too many stored responses (gateway_settings.conversations.max_responses)"),
            // Storing is the default of this API and few ask for it: an answer is not withheld for its size. One in the background has no other reader.
            _ when !Request.Response.Background => null,
            _ => Failures.TurnNeverStored("it is larger than what is kept of one (gateway_settings.conversations.max_bytes)"),
        };
    }

    /// <summary>
    /// Where the history that the answer was asked with was erased meanwhile, and not just made room or came to the end of its time, the response that carries it goes as well. After it was stored, and not before: who erases a user
    /// finds it on the list then. One in the background is there from its beginning.
    /// </summary>
    private async Task<Failure?> EraseWithItsHistoryAsync()
    {
        if (Request.Response is not { Key: { } key, Background: false } use) return null;
        if (use.Previous is { } previous && _content.Exists) _erased = (await _grains.GetGrain<IResponseGrain>(previous).ReadAsync()).Erased;
        if (_erased) await _grains.GetGrain<IResponseGrain>(key).EraseAsync(Request.User);
        return null;
    }

    private async Task WithdrawResponseAsync(Failure failure, string requestId)
    {
        if (Request.Response?.Key is not { } key) return;
        try
        {
            await _grains.GetGrain<IResponseGrain>(key).WithdrawAsync(failure);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Then it can be read although its conversation does not have it.
            _services.Logger.TurnNotStored(requestId, 1, e);
        }
    }

    private byte[]? CompletionOf(InferenceCompleted completed) =>
        _whole.IsEmpty ? _gatherer?.ToCompletion(new UpstreamUsage(completed.PromptTokens, completed.CompletionTokens, completed.PromptTokens + completed.CompletionTokens, completed.Estimated)) : _whole.ToArray();

    private static byte[]? AnswerOf(byte[] completion)
    {
        try
        {
            return AssistantMessage.Of(completion);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static ulong HashOf(string id) => BitConverter.ToUInt64(SHA256.HashData(Encoding.UTF8.GetBytes(id)));
}
