namespace OrleansLlm.Grains.Inference;

/// <summary>Says something again to a grain that could not be reached: it moves to another node within a second or two, or within five where its own was killed.</summary>
internal static class Insistence
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    /// <param name="say">It may be said twice: whether it has arrived is not known.</param>
    /// <param name="most">How long it is worth saying.</param>
    /// <param name="over">Where this process ends nobody is reached any more.</param>
    /// <returns>Whether it has arrived. Never fails.</returns>
    public static async Task<bool> UntilAsync(Func<Task> say, TimeSpan most, TimeProvider time, CancellationToken over)
    {
        var began = time.GetTimestamp();
        for (var pause = First; !over.IsCancellationRequested && time.GetElapsedTime(began) + pause < most; pause = pause * 2 < Longest ? pause * 2 : Longest)
        {
            await Task.Delay(pause, time, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (over.IsCancellationRequested) return false;
            try
            {
                await say().ConfigureAwait(false);
                return true;
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // What it is has been logged the first time.
            }
        }

        return false;
    }
}
