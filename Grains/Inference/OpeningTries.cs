using OrleansLlm.Inference;

namespace OrleansLlm.Grains.Inference;

/// <summary>
/// Asks those that a request needs before any backend is asked. Whoever reads an answer begins its request again where contact with one of them was lost; one that runs in its
/// grain's own time has nobody to do that, and asks them again itself.
/// </summary>
/// <param name="isAlone">Nobody would begin the request again.</param>
/// <param name="clientLeft">Then nobody needs an answer.</param>
internal sealed class OpeningTries(bool isAlone, string inferenceId, InferenceServices services, CancellationToken clientLeft)
{
    /// <summary>In seconds, as between the tries of a front end: a killed silo's grains are at home elsewhere within them.</summary>
    private static readonly double[] Pauses = [0.5, 0.5, 1, 1, 2, 4, 8];

    /// <summary>So long after the first question the last one is asked, however long those before it took.</summary>
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(25);

    /// <param name="ask">May be repeated. Is told whether it was asked before.</param>
    public async Task<T> AskAsync<T>(Func<bool, Task<T>> ask)
    {
        var began = services.Time.GetTimestamp();
        for (var tries = 0; ; tries++)
        {
            try
            {
                return await ask(tries > 0);
            }
            catch (Exception e) when (IsTheEnd(e) && tries < Pauses.Length && services.Time.GetElapsedTime(began) < Within && !clientLeft.IsCancellationRequested)
            {
                services.Logger.OpeningLost(inferenceId, tries + 1, e);
            }

            await Task.Delay(TimeSpan.FromSeconds(Pauses[tries]), services.Time, clientLeft)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    /// <summary>Where it is not asked again, contact lost is what the request has ended with.</summary>
    public bool IsTheEnd(Exception e) => isAlone && LostContact.Is(e) && e is not NodeDrainingException;
}
