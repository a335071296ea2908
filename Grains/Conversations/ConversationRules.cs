using System.Collections.Immutable;
using OrleansLlm.Catalog;
using OrleansLlm.Conversations;

namespace OrleansLlm.Grains.Conversations;

/// <summary>What one conversation keeps. States are not changed: every change is a new one.</summary>
internal static class ConversationRules
{
    public static bool IsExpired(ConversationState state, ConversationOptions options, DateTimeOffset now) =>
        state.CreatedAt == 0 || now.UtcTicks - state.UsedAt >= options.Ttl.Ticks;

    /// <summary>Whether an older turn has this one's id and asked something else: two turns of one id cannot both be kept.</summary>
    public static bool IsTaken(ConversationState state, ConversationTurn turn, ConversationOptions options, DateTimeOffset now)
    {
        var at = IsExpired(state, options, now) ? -1 : state.Turns.FindIndex(t => t.Id == turn.Id);
        return at >= 0 && at < state.Turns.Count - 1 && !turn.Asked.Span.SequenceEqual(state.Turns[at].Asked);
    }

    /// <returns>The conversation with the turn as its last, within its bounds; the same one if it has the turn already; null: the turn is too large.</returns>
    public static ConversationState? Append(ConversationState state, NewTurn added, ConversationOptions options, DateTimeOffset now)
    {
        var old = IsExpired(state, options, now) ? new ConversationState() : state;
        var at = old.Turns.FindIndex(t => t.Id == added.Turn.Id);
        if (at >= 0 && at < old.Turns.Count - 1) return state;
        List<StoredTurn> turns = [.. at < 0 ? old.Turns : old.Turns.Take(at), Stored(added.Turn)];
        var system = added.System.IsEmpty ? old.System : added.System.ToArray();
        if (Kept(turns, options.MaxBytes - system.Length, options.MaxTurns) is not { } kept) return null;
        return new ConversationState
        {
            CreatedAt = old.CreatedAt == 0 ? now.UtcTicks : old.CreatedAt,
            UsedAt = now.UtcTicks,
            ListedAt = old.ListedAt,
            User = added.User,
            System = system,
            Metadata = old.Metadata,
            Turns = kept,
        };
    }

    /// <returns>With the turn in the place of another, or without that if nothing of it is left; null: the other is not there, or not as it was.</returns>
    public static ConversationState? Replace(ConversationState state, ConversationTurn was, ConversationTurn turn, ConversationOptions options, DateTimeOffset now)
    {
        var at = IsExpired(state, options, now) ? -1 : state.Turns.FindIndex(t => t.Id == was.Id && was.Asked.Span.SequenceEqual(t.Asked) && was.Answer.Span.SequenceEqual(t.Answer));
        if (at < 0) return null;
        List<StoredTurn> turns = [.. state.Turns];
        if (turn.Bytes == 0) turns.RemoveAt(at);
        else turns[at] = Stored(turn);
        return With(turns, state, now.UtcTicks);
    }

    /// <returns>The same one if another turn is the last.</returns>
    public static ConversationState NoteAskedAgain(ConversationState state, string turnId, ConversationOptions options, DateTimeOffset now)
    {
        if (IsExpired(state, options, now) || state.Turns.Count == 0 || state.Turns[^1] is not { AskedAgain: false } last || last.Id != turnId) return state;
        return With([.. state.Turns[..^1], Stored(Read(last) with { AskedAgain = true })], state, state.UsedAt);
    }

    public static ConversationState Describe(ConversationState state, string user, byte[] metadata, ConversationOptions options, DateTimeOffset now)
    {
        var old = IsExpired(state, options, now) ? new ConversationState() : state;
        return new ConversationState
        {
            CreatedAt = old.CreatedAt == 0 ? now.UtcTicks : old.CreatedAt,
            UsedAt = now.UtcTicks,
            ListedAt = old.ListedAt,
            User = user,
            System = old.System,
            Metadata = metadata,
            Turns = old.Turns,
        };
    }

    public static ConversationContent Read(ConversationState state, ConversationOptions options, DateTimeOffset now) =>
        IsExpired(state, options, now) ? ConversationContent.Empty : new ConversationContent
        {
            System = state.System,
            Turns = [.. state.Turns.Select(Read)],
            CreatedAt = new DateTimeOffset(state.CreatedAt, TimeSpan.Zero),
            Metadata = state.Metadata,
        };

    public static ErasedConversation Sum(ConversationState state) =>
        new(state.Turns.Count, state.System.Length + state.Metadata.Length + state.Turns.Sum(t => (long)t.Bytes()));

    /// <summary>Whether the conversation has room for the turn, whatever is left out for it; what it is answered is not known yet.</summary>
    /// <param name="before">The turns before this one.</param>
    public static bool HasRoom(ReadOnlyMemory<byte> system, ImmutableArray<ConversationTurn> before, ConversationTurn turn, ConversationOptions options)
    {
        var bytes = options.MaxBytes - system.Length;
        // Mostly nothing need be left out, and so nothing copied to find out.
        if (before.Length < options.MaxTurns && before.Sum(t => (long)t.Bytes) + turn.Bytes <= bytes) return true;
        return Kept([.. before.Append(turn).Select(Stored)], bytes, options.MaxTurns) is not null;
    }

    /// <summary>
    /// The newest turns that fit, none of them the second half of something. Where the last task alone does not fit as a whole it is
    /// <see cref="LongTask">shortened</see>. Null: not even that fits.
    /// </summary>
    public static List<StoredTurn>? Kept(List<StoredTurn> turns, long bytes, int count) =>
        FirstKept(turns, bytes, count) is { } first ? turns[first..] : LongTask.Shortened(turns, bytes, count);

    private static int? FirstKept(List<StoredTurn> turns, long bytes, int count)
    {
        int? first = null;
        for (var i = turns.Count - 1; i >= 0; i--)
        {
            bytes -= turns[i].Bytes();
            if (bytes < 0 || turns.Count - i > count) break;
            if (i == 0 || !turns[i].Continues) first = i;
        }

        return first;
    }

    public static ConversationTurn Read(StoredTurn turn) =>
        new() { Id = turn.Id, Asked = turn.Asked, Answer = turn.Answer, Tokens = turn.Tokens, Continues = turn.Continues, AskedAgain = turn.AskedAgain };

    public static StoredTurn Stored(ConversationTurn turn) => new()
    {
        Id = turn.Id,
        Asked = turn.Asked.ToArray(),
        Answer = turn.Answer.ToArray(),
        Tokens = turn.Tokens,
        Continues = turn.Continues,
        AskedAgain = turn.AskedAgain,
    };

    private static ConversationState With(List<StoredTurn> turns, ConversationState state, long usedAt) => new()
    {
        CreatedAt = state.CreatedAt,
        UsedAt = usedAt,
        ListedAt = state.ListedAt,
        User = state.User,
        System = state.System,
        Metadata = state.Metadata,
        Turns = turns,
    };
}
