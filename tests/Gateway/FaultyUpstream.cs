using System.Runtime.CompilerServices;
using OrleansLlm.Providers;

namespace OrleansLlm.Tests.Gateway;

/// <summary>In place of all services: the call to one address fails by a fault of the gateway's own when it is told to, any other one brings nothing until it is left.</summary>
internal sealed class FaultyUpstream(Uri faulty) : IUpstream
{
    private readonly TaskCompletionSource _fault = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _begun;
    private int _left;

    public int Begun => Volatile.Read(ref _begun);

    /// <summary>Calls that were given up.</summary>
    public int Left => Volatile.Read(ref _left);

    public void Fail() => _fault.SetException(new InvalidOperationException("a fault of ours"));

    public async IAsyncEnumerable<UpstreamChunk> StreamAsync(UpstreamRequest request, UpstreamReport report, [EnumeratorCancellation] CancellationToken ct)
    {
        Interlocked.Increment(ref _begun);
        if (request.ApiBase == faulty) await _fault.Task;
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, ct);
        }
        finally
        {
            Interlocked.Increment(ref _left);
        }

        yield break;
    }
}
