using Orleans.Runtime;
using Orleans.Storage;

namespace Orleans.Embedded;

/// <summary>What every store does the same way.</summary>
internal static class StoredState
{
    /// <summary>Puts a stored record, or that there is none, into a grain's state.</summary>
    public static void Show<T>(StateSerializer states, byte[]? payload, string? etag, IGrainState<T> state)
    {
        state.State = payload is null ? states.Create<T>() : states.Deserialize<T>(payload) ?? states.Create<T>();
        state.ETag = etag;
        state.RecordExists = payload is not null;
    }

    public static InconsistentStateException Mismatch(string stateName, GrainId grain, string? stored, string? current) =>
        new($"State '{stateName}' of {grain} was changed by another: the stored etag is {stored ?? "none"}, the grain's is {current ?? "none"}.", stored, current);
}
