using Orleans.Concurrency;

namespace OrleansLlm.Conversations;

/// <summary>One stored conversation of one owner (the key: see <see cref="ConversationKeys"/>). Every call may be repeated.</summary>
[Alias("OrleansLlm.IConversationGrain")]
public interface IConversationGrain : IGrainWithStringKey
{
    /// <summary><see cref="ConversationContent.Empty"/> where there is none, or its time to live is over.</summary>
    [ReadOnly]
    [Alias("Read")]
    Task<ConversationContent> ReadAsync();

    /// <summary>Returns when the turn is in the store. A turn whose id the last one has replaces it; one that an older one has is there already, if it asked the same.</summary>
    [Alias("Append")]
    Task<AppendOutcome> AppendAsync(NewTurn turn);

    /// <summary>Begins a conversation, or replaces the metadata of one.</summary>
    /// <param name="user">Whose list it is in.</param>
    /// <param name="metadata">A JSON object.</param>
    /// <returns>As it is now.</returns>
    [Alias("Describe")]
    Task<ConversationContent> DescribeAsync(string user, ReadOnlyMemory<byte> metadata);

    /// <summary>Puts a turn in the place of the one it was made of, or takes that away where nothing of it is left.</summary>
    /// <param name="was">As it was read: of two changes that were made of the same turn, the second would undo the first.</param>
    /// <returns>False: there is no such turn any more. Nothing was changed.</returns>
    [Alias("Replace")]
    Task<bool> ReplaceAsync(ConversationTurn was, ConversationTurn turn);

    /// <summary>The words of its last turn are being asked once more, see <see cref="ConversationTurn.AskedAgain"/>. Nothing happens where another turn is the last.</summary>
    [Alias("NoteAskedAgain")]
    Task NoteAskedAgainAsync(string turnId);

    /// <summary>Deletes all of it, and takes it off its user's list. Idempotent: zeros for what is not there.</summary>
    /// <param name="user">Whose list it is on.</param>
    [Alias("Erase")]
    Task<ErasedConversation> EraseAsync(string user);

    /// <summary>Makes room on its user's list: deletes it, or makes it the list's youngest while it is being answered. For a caller that must not wait.</summary>
    [OneWay]
    [Alias("Forget")]
    Task ForgetAsync(string user);
}

/// <summary>A turn to be stored.</summary>
/// <param name="User">Whose list the conversation is in.</param>
/// <param name="System">Takes the place of the stored system messages; empty: they stay.</param>
[GenerateSerializer, Immutable, Alias("OrleansLlm.NewTurn")]
public sealed record NewTurn(
    [property: Id(0)] string User,
    [property: Id(1)] ReadOnlyMemory<byte> System,
    [property: Id(2)] ConversationTurn Turn)
{
    /// <summary>When the conversation was begun whose history it was asked with; null: there was none.</summary>
    [Id(50)] public DateTimeOffset? After { get; init; }
}

/// <summary>Numbers are on the wire: append only.</summary>
[GenerateSerializer, Alias("OrleansLlm.AppendOutcome")]
public enum AppendOutcome
{
    Stored = 0,

    /// <summary>This turn, with those it cannot be parted from, is more than a conversation may hold. Nothing was changed.</summary>
    TooLarge = 1,

    /// <summary>The user's list is full, and what should have made room is still there. Nothing was changed.</summary>
    ListFull = 2,

    /// <summary>Of a response in the background: it has ended in another way before, cancelled or deleted. Nothing was changed.</summary>
    Ended = 3,

    /// <summary>An older turn has this id, and it asked something else. Nothing was changed.</summary>
    Taken = 4,

    /// <summary>What the turn goes on from was erased meanwhile (<see cref="NewTurn.After"/>). Nothing was changed.</summary>
    Erased = 5,
}

[GenerateSerializer, Immutable, Alias("OrleansLlm.ErasedConversation")]
public sealed record ErasedConversation([property: Id(0)] int Turns, [property: Id(1)] long Bytes);
