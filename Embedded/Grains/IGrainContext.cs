namespace Orleans.Runtime;

/// <summary>One activation, as its grain sees it.</summary>
public interface IGrainContext
{
    GrainReference GrainReference { get; }

    GrainId GrainId { get; }

    object? GrainInstance { get; }

    /// <summary>The activation's own service scope; it is disposed with the activation.</summary>
    IServiceProvider ActivationServices { get; }

    /// <summary>Ends when the activation is gone. Awaiting it inside the same grain never ends.</summary>
    Task Deactivated { get; }

    void Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken = default);
}
