using System.Collections.Immutable;
using OrleansLlm.Conversations;
using OrleansLlm.Grains.Inference;
using OrleansLlm.Providers.OpenAi;

namespace OrleansLlm.Grains.Conversations;

/// <summary>A request with its conversation's history, and what of it is new. Pure; docs/adr/0013-stored-conversations.md has the rules.</summary>
internal sealed record ConversationPrompt
{
    /// <summary>A body may consist of nothing else, and what it is the answer to be as long.</summary>
    private const int MostAnswersLookedAt = 100;

    private readonly Composition _composition;

    private ConversationPrompt(Composition composition) => _composition = composition;

    /// <summary>The request's body with the history in it.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Tokens of the whole prompt, by the length of its texts.</summary>
    public required long Tokens { get; init; }

    /// <summary>The turn as it is to be stored once it is answered: without its answer.</summary>
    public required ConversationTurn Turn { get; init; }

    /// <summary>The request's own system messages; empty: it has none, and the stored ones stay.</summary>
    public required ReadOnlyMemory<byte> System { get; init; }

    /// <summary>The id of the turn before this one; null: it is the first.</summary>
    public string? Follows { get; init; }

    /// <summary>The id of the conversation's first turn, as far as it is known, which is this one's where there was none before.</summary>
    public required string First { get; init; }

    /// <summary>All turns before this one, those that do not fit included.</summary>
    public required ImmutableArray<ConversationTurn> Before { get; init; }

    /// <summary>How many of them did not fit.</summary>
    public required int Dropped { get; init; }

    /// <summary>The words of the last turn once more, and not said to be a repetition of it.</summary>
    public required bool AsksAgain { get; init; }

    /// <param name="bodyTokens">Of the body as it came.</param>
    /// <param name="maxTokens">What the model's context takes; null: not known.</param>
    /// <param name="instructions">
    /// How many of the first messages are for this request only: they stand before the stored system messages, replace none and are not kept.
    /// Null: leading system messages are the conversation's, and replace those it has.
    /// </param>
    public static ConversationPrompt Compose(
        ReadOnlyMemory<byte> body, long bodyTokens, ConversationContent content, ConversationUse? use, string requestId, long? maxTokens, int? instructions = null)
    {
        var list = MessageList.Of(body);
        var head = instructions ?? list.Messages.TakeWhile(m => m.IsSystem).Count();
        var ownSystem = instructions is null ? MessageList.Join(list.Messages.Take(head).Select(m => m.Json)) : [];
        List<Message> asked = [.. list.Messages.Skip(head)];
        var turnId = use?.TurnId ?? requestId;
        var before = TurnsBefore(content.Turns, turnId);
        // Whoever has an id for its turns means what the id says.
        var isSame = use is { TurnId: null } && before.Length == content.Turns.Length && AsksTheSame(before, asked);
        // A client's library that repeats a request says so, but has no id for it.
        var isAgain = isSame && use!.IsRetry && !before[^1].AskedAgain;
        var turns = isAgain ? before[..^1] : before;
        if (isAgain) turnId = content.Turns[^1].Id;
        // To /v1/responses all input is new: there an answer that is said once more is an example.
        var known = instructions is null ? KnownOf(asked, turns) : [];
        asked.RemoveRange(0, known.Count);
        if (!turns.IsEmpty) asked = PendingCalls.ResultsFirst(asked, turns[^1]);
        var repeated = TokensOf(MessageList.Join(known.Select(m => m.Json)));

        var own = bodyTokens - repeated + (ownSystem.Length > 0 ? 0 : TokensOf(content.System));
        var continues = asked.Count > 0 && asked[0].IsToolResult;
        var history = Fitting(turns, maxTokens - own, continues);
        var newMessages = MessageList.Join(asked.Select(m => m.Json));
        var composition = new Composition
        {
            Messages = list.Messages.Count, Head = head, HeadIsSystem = instructions is null && head > 0, Known = known.Count, StoredSystem = content.System, Last = turns.IsEmpty ? null : turns[^1],
            History = MessageList.Join(history.SelectMany(t => new[] { CacheMarks.LeftOutOfMessages(t.Asked), t.Answer })),
        };
        return new ConversationPrompt(composition)
        {
            Body = composition.Of(list),
            Tokens = own + history.Sum(t => t.Tokens),
            System = ownSystem,
            Before = turns,
            Dropped = turns.Length - history.Length,
            AsksAgain = isSame && !isAgain && !before[^1].AskedAgain,
            Turn = new ConversationTurn { Id = turnId, Asked = newMessages, Answer = default, Tokens = TokensOf(newMessages), Continues = continues },
            Follows = turns.IsEmpty ? null : turns[^1].Id,
            First = turns.IsEmpty ? turnId : turns[0].Id,
        };
    }

    /// <summary>The same request in other words, with the same history. Empty where its messages are not one for one the same.</summary>
    public ReadOnlyMemory<byte> In(ReadOnlyMemory<byte> otherWords)
    {
        if (otherWords.IsEmpty) return default;
        var list = MessageList.Of(otherWords);
        return list.Messages.Count == _composition.Messages ? _composition.Of(list) : default;
    }

    /// <summary>Of messages as they are stored.</summary>
    public static long TokensOf(ReadOnlyMemory<byte> messages) => messages.IsEmpty ? 0 : PromptEstimate.Of([.. "["u8, .. messages.Span, .. "]"u8]);

    /// <summary>
    /// The newest whole turns that fit. A turn that brings a tool's result goes with the one that called it, and what the new messages
    /// continue is never left out: without it they mean nothing.
    /// </summary>
    /// <param name="tokens">Null: all fit.</param>
    public static ImmutableArray<ConversationTurn> Fitting(ImmutableArray<ConversationTurn> turns, long? tokens, bool continued)
    {
        var first = turns.Length;
        var needed = continued;
        var sum = 0L;
        for (var i = turns.Length - 1; i >= 0; i--)
        {
            sum += turns[i].Tokens;
            if (sum > tokens && !needed) break;
            if (i > 0 && turns[i].Continues) continue;
            (first, needed) = (i, false);
        }

        return turns[first..];
    }

    /// <summary>The turns before this one, which may itself be there from a try whose end nobody saw.</summary>
    private static ImmutableArray<ConversationTurn> TurnsBefore(ImmutableArray<ConversationTurn> turns, string turnId)
    {
        for (var i = 0; i < turns.Length; i++)
        {
            if (turns[i].Id == turnId) return turns[..i];
        }

        return turns;
    }

    private static bool AsksTheSame(ImmutableArray<ConversationTurn> turns, List<Message> asked) =>
        turns.Length > 0 && MessageList.Join(asked.Select(m => m.Json)).AsSpan().SequenceEqual(turns[^1].Asked.Span);

    /// <summary>
    /// A client that sends the whole conversation along has sent what is stored, up to the last answer and what that was the answer to: the
    /// rest is new.
    /// </summary>
    private static List<Message> KnownOf(List<Message> asked, ImmutableArray<ConversationTurn> turns)
    {
        if (turns.IsEmpty || turns[^1].Answer.IsEmpty) return [];
        var answer = AssistantMessage.EssenceOf(turns[^1].Answer.Span);
        List<(string Role, (string, string) Essence)>? question = null;
        var seen = 0;
        for (var i = asked.Count - 2; i >= 0 && seen < MostAnswersLookedAt; i--)
        {
            if (!asked[i].IsAssistant || AssistantMessage.EssenceOf(asked[i].Json.Span) != answer) continue;
            seen++;
            question ??= [.. MessageList.OfStored(turns[^1].Asked).Select(m => (m.Role, AssistantMessage.EssenceOf(m.Json.Span)))];
            if (EndsIn(asked, i, question)) return asked[..(i + 1)];
        }

        return [];
    }

    /// <summary>Whether the messages before one, as far as they go back, end in what the turn asked. A short answer alone is soon said twice.</summary>
    private static bool EndsIn(List<Message> messages, int end, List<(string Role, (string, string) Essence)> question)
    {
        for (var back = 1; back <= Math.Min(end, question.Count); back++)
        {
            var (message, stored) = (messages[end - back], question[^back]);
            if (message.Role != stored.Role || AssistantMessage.EssenceOf(message.Json.Span) != stored.Essence) return false;
        }

        return true;
    }

    /// <summary>Which of a request's messages stay, and what is put among them.</summary>
    private sealed class Composition
    {
        public required int Messages { get; init; }

        /// <summary>How many stand before all others.</summary>
        public required int Head { get; init; }

        /// <summary>… in the place of the stored system messages.</summary>
        public required bool HeadIsSystem { get; init; }

        /// <summary>How many after them are stored already.</summary>
        public required int Known { get; init; }

        public required ReadOnlyMemory<byte> StoredSystem { get; init; }

        public required ConversationTurn? Last { get; init; }

        /// <summary>
        /// As it was said, but for what was to be cached then: Claude takes four marks, and finds what it has cached before the request's own.
        /// </summary>
        public required ReadOnlyMemory<byte> History { get; init; }

        /// <summary>Whoever says what to cache says it of the whole prompt.</summary>
        private ReadOnlyMemory<byte> StoredFor(MessageList list) => CacheMarks.MayBeIn(list.Body) ? CacheMarks.LeftOutOfMessages(StoredSystem) : StoredSystem;

        public ReadOnlyMemory<byte> Of(MessageList list)
        {
            List<Message> asked = [.. list.Messages.Skip(Head + Known)];
            if (Last is not null) asked = PendingCalls.ResultsFirst(asked, Last);
            return list.With(MessageList.Join(
                [.. list.Messages.Take(Head).Select(m => m.Json), HeadIsSystem ? default : StoredFor(list), History, .. asked.Select(m => m.Json)]));
        }
    }
}
