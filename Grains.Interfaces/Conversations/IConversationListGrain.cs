using System.Collections.Immutable;
using Orleans.Concurrency;

namespace OrleansLlm.Conversations;

/// <summary>
/// The conversations of one user (the key: as the user grain's), or its responses (the key: see <see cref="OrleansLlm.Responses.ResponseKeys"/>). Only a conversation puts itself on the list, before it is first stored, and takes
/// itself off, after it was deleted: so the list misses none.
/// </summary>
[Alias("OrleansLlm.IConversationListGrain")]
public interface IConversationListGrain : IGrainWithStringKey
{
    /// <summary>Puts it on the list, or to the list's young end.</summary>
    [Alias("Add")]
    Task<ListAnswer> AddAsync(string conversation);

    [Alias("Remove")]
    Task RemoveAsync(string conversation);

    /// <summary>Keys of conversations, the longest unused first.</summary>
    [ReadOnly]
    [Alias("List")]
    Task<ImmutableArray<string>> ListAsync();
}

/// <param name="Listed">False: the list is full beyond what its victims should have left.</param>
/// <param name="Victims">To be deleted: expired, or the longest unused of too many. They stay on the list until they are.</param>
[GenerateSerializer, Immutable, Alias("OrleansLlm.ListAnswer")]
public sealed record ListAnswer([property: Id(0)] bool Listed, [property: Id(1)] ImmutableArray<string> Victims);
