using System.Runtime.ExceptionServices;
using OrleansLlm.Inference;

namespace OrleansLlm.Grains.Inference;

/// <summary>
/// Asks those that a request needs before any backend is asked. Whoever reads an answer begins its request again where contact with one of them was lost; one that runs in its
/// grain's own time has nobody to do that, and asks them again itself.
/// </summary>
/// <param name="isAlone">Nobody would begin the request again.</param>
/// <param name="left">Nobody needs an answer, or another inference begins the same request: what this one has taken must run out by itself.</param>
internal sealed class OpeningTries(bool isAlone, string inferenceId, InferenceServices services, CancellationToken left)
{
    /// <summary>In seconds, as between the tries of a front end: a killed silo's grains are at home elsewhere within them.</summary>
    private static readonly double[] Pauses = [0.5, 0.5, 1, 1, 2, 4, 8];

    /// <summary>So long after the first question the last one is asked, however long those before it took.</summary>
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(25);

    private long? _began;

    /// <param name="ask">May be repeated.</param>
    public async Task<T> AskAsync<T>(Func<Task<T>> ask)
    {
        _began ??= services.Time.GetTimestamp();
        for (var tries = 0; ; tries++)
        {
            ExceptionDispatchInfo lost;
            try
            {
                return await ask();
            }
            catch (Exception e) when (EndOf(e) is not null && tries < Pauses.Length && services.Time.GetElapsedTime(_began.Value) < Within)
            {
                lost = ExceptionDispatchInfo.Capture(e);
                services.Logger.OpeningLost(inferenceId, tries + 1, e);
            }

            await PauseAsync(TimeSpan.FromSeconds(Pauses[tries]));
            if (left.IsCancellationRequested) lost.Throw();
            // Nothing begins any more, whoever can be asked.
            if (services.Drain.Began.IsCancellationRequested) throw new NodeDrainingException();
        }
    }

    /// <summary>What the request has ended with, where it is not asked again. Null: not known here, or somebody goes on with it.</summary>
    public Failure? EndOf(Exception e)
    {
        if (!isAlone || left.IsCancellationRequested) return null;
        return e is NodeDrainingException ? Failure.Stopping : LostContact.IsOrGivenUp(e) ? Failure.GatewayLost : null;
    }

    private async Task PauseAsync(TimeSpan pause)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(left, services.Drain.Began);
        await Task.Delay(pause, services.Time, over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }
}
