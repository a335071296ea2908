using OrleansLlm.Conversations;
using OrleansLlm.Responses;

namespace OrleansLlm.Api.Conversations;

/// <summary>Deletes conversations and responses one by one. What an outage has left of them is still on the list: doing it again finishes it.</summary>
internal sealed class ConversationErasure(IGrainFactory grains)
{
    /// <summary>So many at once.</summary>
    private const int Width = 16;

    /// <param name="user">The user grain's key.</param>
    /// <param name="owner">Only conversations of this owner; null: whoever's key they were held under.</param>
    /// <param name="caller">Only responses of this owner, who is the key's and not whom a request has named; null: likewise.</param>
    public async Task<Erasure> EraseAllAsync(string user, string? owner, string? caller)
    {
        var erased = new Erasure();
        foreach (var some in await ListedAsync(user, owner))
        {
            var results = await Task.WhenAll(some.Select(k => grains.GetGrain<IConversationGrain>(k).EraseAsync(user)));
            foreach (var (key, result) in some.Zip(results)) erased.AddConversation(ConversationKeys.IdOf(key), result);
        }

        // Twice: an answer that ends meanwhile is kept with the response that it went on from, if that is not erased yet.
        for (var pass = 0; pass < 2; pass++) await EraseResponsesAsync(user, caller, erased);
        return erased;
    }

    private async Task EraseResponsesAsync(string user, string? caller, Erasure erased)
    {
        foreach (var some in await ListedAsync(ResponseKeys.ListOf(user), caller))
        {
            var results = await Task.WhenAll(some.Select(k => grains.GetGrain<IResponseGrain>(k).EraseAsync(user)));
            foreach (var (key, result) in some.Zip(results)) erased.AddResponse(ResponseKeys.IdOfKey(key), result);
        }
    }

    private async Task<IEnumerable<string[]>> ListedAsync(string list, string? owner)
    {
        var listed = await grains.GetGrain<IConversationListGrain>(list).ListAsync();
        return listed.Where(k => owner is null || ConversationKeys.OwnerOf(k) == owner).Chunk(Width);
    }
}

/// <summary>What was deleted.</summary>
internal sealed class Erasure
{
    public List<string> Ids { get; } = [];

    public int Conversations { get; private set; }

    /// <summary>Of the conversations.</summary>
    public int Turns { get; private set; }

    public int Responses { get; private set; }

    public long Bytes { get; private set; }

    public void AddConversation(string id, ErasedConversation erased)
    {
        Ids.Add(id);
        Conversations++;
        Turns += erased.Turns;
        Bytes += erased.Bytes;
    }

    public void AddResponse(string id, ErasedConversation erased)
    {
        Ids.Add(id);
        Responses++;
        Bytes += erased.Bytes;
    }
}
