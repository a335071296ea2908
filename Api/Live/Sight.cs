using OrleansLlm.Api.Access;
using OrleansLlm.Backends;
using OrleansLlm.Catalog;
using OrleansLlm.Recent;

namespace OrleansLlm.Api.Live;

/// <summary>What somebody may see: with a virtual key one's own requests, and the backends of models that one may use; else everything.</summary>
internal sealed class Sight(Identity identity)
{
    /// <summary>Nothing is hidden.</summary>
    public bool IsFull => identity.Rights is null;

    /// <summary>The hash of the only key whose requests are seen; null: all are.</summary>
    public string? OnlyKey => identity.Rights?.Key.Id;

    public bool Sees(RequestStory story) => IsFull || story.Key == OnlyKey;

    public bool Sees(WaitingRequest waiter) => IsFull || waiter.Key == OnlyKey;

    public bool Sees(SlotHolder holder) => IsFull || (holder.Key is not null && holder.Key == OnlyKey);

    public bool SeesBackend(string name, GatewayCatalog current) =>
        IsFull || current.Groups.Any(g => g.Deployments.Any(d => d.Backend == name) && identity.Rights!.RefuseModel(g.Name, g) is null);
}
