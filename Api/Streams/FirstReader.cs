using System.Runtime.CompilerServices;
using OrleansLlm.Catalog;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Streams;

/// <summary>Starts an inference and reads it, by the configured transport. Either way the events are the same.</summary>
/// <param name="handovers">Null where the engine itself hands events over within the process.</param>
internal sealed class FirstReader(LogReaders readers, InferenceWatch watch, ICatalog catalog, Handovers? handovers = null)
{
    public WatchedEvents Read(IInferenceGrain inference, InferenceRequest request, CancellationToken clientLeft) =>
        watch.Open(
            inference,
            request.Stream && catalog.Current.Settings.TokenTransport == TokenTransport.Stream ? stop => ReadStreamAsync(inference, request, stop)
            : handovers is not null ? stop => new HandedEvents(handovers, inference, inference.GetPrimaryKeyString(), request, stop)
            : stop => inference.RunAsync(request, stop),
            clientLeft);

    private async IAsyncEnumerable<InferenceEvent> ReadStreamAsync(
        IInferenceGrain inference, InferenceRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var reader = readers.Open(inference, caller: null);
        await reader.SubscribeAsync(cancellationToken);
        await inference.StartAsync(request).WaitAsync(cancellationToken);
        await foreach (var next in reader.ReadAsync(0, cancellationToken)) yield return next;
    }
}
