namespace OrleansLlm.Grains;

internal static class StateWrites
{
    /// <summary>Stores what is to stand in place of the state. Where that fails, the state is as it was: nobody may see what was not acknowledged.</summary>
    /// <param name="write">Writes the state, or clears it.</param>
    /// <param name="forget">Called where it fails: whether it is in the store, only the store knows, so the activation has to go.</param>
    public static async Task ReplaceAsync<T>(this IPersistentState<T> state, T next, Func<Task> write, Action forget)
    {
        var before = state.State;
        state.State = next;
        try
        {
            await write();
        }
        catch
        {
            state.State = before;
            forget();
            throw;
        }
    }
}
