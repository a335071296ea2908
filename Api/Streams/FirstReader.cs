using System.Runtime.CompilerServices;
using OrleansLlm.Catalog;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Streams;

/// <summary>Starts an inference and reads it, by the configured transport. Either way the events are the same.</summary>
internal sealed class FirstReader(LogReaders readers, ICatalog catalog)
{
    public IAsyncEnumerable<InferenceEvent> ReadAsync(IInferenceGrain inference, InferenceRequest request, CancellationToken cancellationToken) =>
        request.Stream && catalog.Current.Settings.TokenTransport == TokenTransport.Stream
            ? ReadStreamAsync(inference, request, cancellationToken)
            : inference.RunAsync(request, cancellationToken);

    private async IAsyncEnumerable<InferenceEvent> ReadStreamAsync(
        IInferenceGrain inference, InferenceRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var reader = readers.Open(inference, caller: null);
        await reader.SubscribeAsync();
        await inference.StartAsync(request);
        await foreach (var next in reader.ReadAsync(0, cancellationToken)) yield return next;
    }
}
