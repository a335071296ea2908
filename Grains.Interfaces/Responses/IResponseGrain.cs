using Orleans.Concurrency;
using OrleansLlm.Conversations;
using OrleansLlm.Inference;

namespace OrleansLlm.Responses;

/// <summary>
/// One stored response of one owner (the key: see <see cref="ResponseKeys"/>). It carries all that it went on from, so that those before it
/// may be deleted. Every call may be repeated; the first end that is told is the one that stays.
/// </summary>
[Alias("OrleansLlm.IResponseGrain")]
public interface IResponseGrain : IGrainWithStringKey
{
    /// <summary><see cref="StoredResponse.None"/> where there is none, or its time to live is over.</summary>
    [ReadOnly]
    [Alias("Read")]
    Task<StoredResponse> ReadAsync();

    /// <summary>What a next request goes on from: the turns before this one and this one.</summary>
    /// <returns><see cref="ConversationContent.Empty"/>: there is no such response, it was not answered, or it was too large to go on from.</returns>
    [ReadOnly]
    [Alias("ReadContent")]
    Task<ConversationContent> ReadContentAsync();

    /// <summary>A response that runs in the background. Returns when it is in the store.</summary>
    [Alias("Begin")]
    Task<AppendOutcome> BeginAsync(NewResponse response);

    /// <summary>The answer is complete. Returns when it is in the store. <see cref="AppendOutcome.TooLarge"/>: it is not.</summary>
    [Alias("Answer")]
    Task<AppendOutcome> AnswerAsync(AnsweredResponse answered);

    /// <summary>The answer that is stored could not become a turn of its conversation, and its reader is told so: it is one that has failed, and is kept as that only where it ran in the background.</summary>
    [Alias("Withdraw")]
    Task WithdrawAsync(Failure failure);

    /// <summary>A response in the background has failed.</summary>
    [Alias("Fail")]
    Task FailAsync(Failure failure);

    /// <summary>Whoever asked for it wants it no more.</summary>
    /// <returns>As it is now.</returns>
    [Alias("Cancel")]
    Task<StoredResponse> CancelAsync();

    /// <summary>Deletes it, and takes it off its user's list. Idempotent: zeros for what is not there.</summary>
    /// <param name="user">Whose list it is on, should there be nothing left that says so; null: it says so itself.</param>
    [Alias("Erase")]
    Task<ErasedConversation> EraseAsync(string? user);

    /// <summary>Makes room on its user's list: deletes it, or makes it the list's youngest while it runs. For a caller that must not wait.</summary>
    [OneWay]
    [Alias("Forget")]
    Task ForgetAsync(string user);
}

/// <param name="Completion">The whole <c>chat.completion</c>.</param>
/// <param name="Content">The turns that it went on from, and its own as the last.</param>
[GenerateSerializer, Immutable, Alias("OrleansLlm.AnsweredResponse")]
public sealed record AnsweredResponse(
    [property: Id(0)] NewResponse Head,
    [property: Id(1)] ReadOnlyMemory<byte> Completion,
    [property: Id(2)] ConversationContent Content);
