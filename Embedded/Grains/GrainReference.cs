using Orleans.Embedded;

namespace Orleans.Runtime;

/// <summary>The base of the generated proxies: a grain's address and the way to send it a call. Equal when they name the same grain.</summary>
public abstract class GrainReference : IAddressable, IEquatable<GrainReference>
{
    protected GrainReference(GrainAddress address) => Address = address;

    public GrainId GrainId => Address.Id;

    internal GrainAddress Address { get; }

    public bool Equals(GrainReference? other) =>
        other is not null && ReferenceEquals(Address.Class, other.Address.Class) && Address.Key == other.Address.Key;

    public override bool Equals(object? obj) => Equals(obj as GrainReference);

    public override int GetHashCode() => HashCode.Combine(Address.Class, Address.Key);

    public override string ToString() => $"GrainReference:{GrainId}";

    /// <summary>For generated code: sends a call and returns its answer.</summary>
    protected Task<TResult> Send<TResult>(GrainCallBase<TResult> call)
    {
        ArgumentNullException.ThrowIfNull(call);
        Address.Class.Dispatch(Address.Key, call);
        return call.Task;
    }

    /// <summary>For generated code: sends a call whose token cancels the answer at once and reaches the grain as a turn of its own.</summary>
    protected Task<TResult> Send<TResult>(GrainCallBase<TResult> call, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(call);
        if (cancellationToken.IsCancellationRequested) return Task.FromCanceled<TResult>(cancellationToken);
        if (cancellationToken.CanBeCanceled) call.CancelWith(cancellationToken);
        Address.Class.Dispatch(Address.Key, call);
        return call.Task;
    }

    /// <summary>For generated code: sends a call that nobody waits for. A failure is logged where it happens.</summary>
    protected void Post<TResult>(GrainCallBase<TResult> call)
    {
        ArgumentNullException.ThrowIfNull(call);
        Address.Class.Dispatch(Address.Key, call);
    }
}
