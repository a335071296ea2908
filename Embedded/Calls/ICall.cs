namespace Orleans.Embedded;

/// <summary>Something that runs on an activation, alone, from its start to its first real await.</summary>
internal interface ITurn
{
    void Run();
}

/// <summary>A turn that has to be admitted first: a grain call, the start of an enumeration, a timer tick.</summary>
internal interface ICall : ITurn
{
    GrainMethod Method { get; }

    /// <summary>The activation that took the call; it changes when a call waits for a new activation.</summary>
    Activation? Target { get; set; }

    /// <summary>Where the call waits or runs in its activation's books. Guarded by the activation.</summary>
    LinkedListNode<ICall>? Place { get; set; }

    /// <summary>The timestamp after which the caller gets a timeout; <see cref="long.MaxValue"/> for never.</summary>
    long Deadline { get; set; }

    /// <summary>Whether the caller already has its answer (cancelled, timed out): such a call is not started any more.</summary>
    bool IsAnswered { get; }

    /// <summary>Whether the call belongs to the activation it was sent to and dies with it, as a timer tick does.</summary>
    bool IsLocal { get; }

    void Fail(Exception exception);
}
