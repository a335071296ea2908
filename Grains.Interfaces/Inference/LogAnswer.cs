using System.Collections.Immutable;

namespace OrleansLlm.Inference;

[GenerateSerializer, Immutable, Alias("OrleansLlm.LogAnswer")]
public abstract record LogAnswer;

/// <summary>
/// Consecutive events of one inference: a page of its log, and the item of its stream. Number 0 is <see cref="InferenceStarted"/>; the numbers
/// from 1 on are the <c>id</c>s that clients see.
/// </summary>
/// <param name="From">Number of the first event.</param>
/// <param name="Events">May be empty.</param>
/// <param name="Last">Number of the newest event there is; -1: none yet.</param>
/// <param name="Ended">The newest event is the end of the inference.</param>
[GenerateSerializer, Immutable, Alias("OrleansLlm.LogPage")]
public sealed record LogPage(
    [property: Id(0)] long From,
    [property: Id(1)] ImmutableArray<InferenceEvent> Events,
    [property: Id(2)] long Last,
    [property: Id(3)] bool Ended) : LogAnswer
{
    /// <summary>When it was given to the stream, by its node's clock; null: it was asked for.</summary>
    [Id(4)] public DateTimeOffset? Sent { get; init; }

    /// <summary>Number of the event after the page.</summary>
    public long Next => From + Events.Length;
}

/// <param name="First">The oldest event that is still there, where that is the reason.</param>
/// <param name="Last">The newest event there is, where that is the reason.</param>
[GenerateSerializer, Immutable, Alias("OrleansLlm.LogRefused")]
public sealed record LogRefused(
    [property: Id(0)] LogRefusal Reason,
    [property: Id(1)] long First,
    [property: Id(2)] long Last) : LogAnswer
{
    public static LogRefused Unknown { get; } = new(LogRefusal.Unknown, 0, 0);
}

/// <summary>Numbers are on the wire: append only.</summary>
[GenerateSerializer, Alias("OrleansLlm.LogRefusal")]
public enum LogRefusal
{
    /// <summary>No such inference, not resumable, expired, or another caller's.</summary>
    Unknown = 0,

    /// <summary>The events asked for have left the log.</summary>
    Gone = 1,

    /// <summary>There is no such event yet.</summary>
    Beyond = 2,
}
