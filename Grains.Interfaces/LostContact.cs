
using OrleansLlm.Inference;

namespace OrleansLlm;

/// <summary>
/// Tells a grain that could not be reached (its silo died, is stopping, or is overloaded) from one that failed. The outcome of such a call is
/// unknown; every call of ours may be repeated.
/// </summary>
public static class LostContact
{
    public static bool Is(Exception e) => e is TimeoutException or OrleansException or EnumerationAbortedException or NodeDrainingException;
}
