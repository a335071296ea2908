namespace OrleansLlm.Providers;

/// <summary>Calls an LLM service in its own dialect and hands back OpenAI chat completion chunks.</summary>
public interface IUpstream
{
    /// <summary>
    /// Sends the request, as a stream wherever the service has one, and yields the answer's chunks as they arrive. A complete answer ends the enumeration; the
    /// chunk with the finish reason was then seen, and the usage chunk (<c>choices: []</c>) if the client asked for one. Nothing is
    /// retried here but a pooled connection that died before the first byte of its response. Cancelling closes the upstream connection at
    /// once.
    /// </summary>
    /// <param name="report">Filled in while the call goes on; readable at any time, complete when the enumeration is over, however it
    /// ended.</param>
    /// <exception cref="ArgumentException"><see cref="UpstreamRequest.Provider"/> is unknown; the message lists the known ones.</exception>
    /// <exception cref="UpstreamException">Everything that went wrong, as a value in <see cref="UpstreamException.Failure"/>.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="ct"/> was cancelled.</exception>
    IAsyncEnumerable<UpstreamChunk> StreamAsync(UpstreamRequest request, UpstreamReport report, CancellationToken ct);
}
