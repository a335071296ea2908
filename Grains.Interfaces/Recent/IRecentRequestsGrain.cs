using System.Collections.Immutable;
using Orleans.Concurrency;
using OrleansLlm.Ledger;

namespace OrleansLlm.Recent;

/// <summary>
/// The newest requests of the whole cluster, for people who look (one grain, <see cref="Key"/>). Kept in memory and bounded; what is older or was lost with a node is in the
/// ledger. Never on the path of a request: each process sends it what has ended, a few times a second at most.
/// </summary>
[Alias("OrleansLlm.IRecentRequestsGrain")]
public interface IRecentRequestsGrain : IGrainWithStringKey
{
    const string Key = "all";

    [OneWay]
    [Alias("Add")]
    Task AddAsync(ImmutableArray<RequestStory> stories);

    /// <summary>The newest first.</summary>
    [ReadOnly]
    [Alias("List")]
    Task<ImmutableArray<RequestStory>> ListAsync(StoryQuery query);

    /// <returns>Null: it is not among them.</returns>
    [ReadOnly]
    [Alias("Find")]
    Task<RequestStory?> FindAsync(string requestId);

    /// <summary>From now on, and for so long, what arrives is told on the stream <see cref="Names.LiveStories"/>. The stream is told something in any case, so that whoever asks sees whether it flows.</summary>
    [Alias("Watch")]
    Task WatchAsync(TimeSpan lasting);
}

/// <summary>Which of them. What is null does not matter.</summary>
[GenerateSerializer, Immutable, Alias("OrleansLlm.StoryQuery")]
public sealed record StoryQuery
{
    /// <summary>A hash.</summary>
    [Id(0)] public string? Key { get; init; }

    /// <summary>A part of the model's name, whatever the case.</summary>
    [Id(1)] public string? Model { get; init; }

    /// <summary>A status, or <c>failed</c> for all that have failed: not those whose client has left.</summary>
    [Id(2)] public string? Status { get; init; }

    /// <summary>The slowest first, in place of the newest.</summary>
    [Id(3)] public bool SlowFirst { get; init; }

    [Id(4)] public int Most { get; init; } = 100;

    public const string AnyFailure = "failed";

    public bool Matches(RequestStory story) =>
        (Key is null || story.Key == Key)
        && (Model is null || story.Model.Contains(Model, StringComparison.OrdinalIgnoreCase))
        && (Status is null || story.Status == Status || (Status == AnyFailure && story.Status is not (LedgerRow.Success or LedgerRow.Cancelled)));
}
