using OrleansLlm.Inference;

namespace OrleansLlm;

/// <summary>
/// Tells a grain that could not be reached (its silo died, is stopping, or is overloaded) from one that failed. The outcome of such a call is
/// unknown; every call of ours may be repeated.
/// </summary>
public static class LostContact
{
    public static bool Is(Exception e) =>
        e is TimeoutException or OrleansException or EnumerationAbortedException or NodeDrainingException or ContactLostException;

    /// <summary>Also a call that the engine has given up as cancelled: where nobody of ours cancels it.</summary>
    public static bool IsOrGivenUp(Exception e) => Is(e) || e is OperationCanceledException;
}

/// <summary>What was there is not there any more, told by the answer of a call and not by its failure. Never crosses a call.</summary>
public sealed class ContactLostException(string message) : Exception(message);
