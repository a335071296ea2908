using OrleansLlm.Conversations;

namespace OrleansLlm.Api.Conversations;

/// <summary>Deletes conversations one by one. What an outage has left of them is still on the list: doing it again finishes it.</summary>
internal sealed class ConversationErasure(IGrainFactory grains)
{
    /// <summary>So many at once.</summary>
    private const int Width = 16;

    /// <param name="user">The user grain's key.</param>
    /// <param name="owner">Only those of this owner; null: whoever's key they were held under.</param>
    public async Task<Erasure> EraseAllAsync(string user, string? owner)
    {
        var erased = new Erasure();
        var listed = await grains.GetGrain<IConversationListGrain>(user).ListAsync();
        foreach (var some in listed.Where(k => owner is null || ConversationKeys.OwnerOf(k) == owner).Chunk(Width))
        {
            var results = await Task.WhenAll(some.Select(k => grains.GetGrain<IConversationGrain>(k).EraseAsync(user)));
            foreach (var (key, result) in some.Zip(results)) erased.Add(ConversationKeys.IdOf(key), result);
        }

        return erased;
    }
}

/// <summary>What was deleted.</summary>
internal sealed class Erasure
{
    public List<string> Ids { get; } = [];

    public int Turns { get; private set; }

    public long Bytes { get; private set; }

    public void Add(string id, ErasedConversation erased)
    {
        Ids.Add(id);
        Turns += erased.Turns;
        Bytes += erased.Bytes;
    }
}
