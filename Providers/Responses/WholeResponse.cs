using System.Text.Json;
using OrleansLlm.Providers.Http;

namespace OrleansLlm.Providers.Responses;

/// <summary>A service that answers a request for a stream with one response: retold as the event that it would have ended with.</summary>
internal sealed class WholeResponse(ResponsesToOpenAi answer, UpstreamRequest request) : IAnswer, IReporting
{
    public Framing Framing => Framing.Whole;

    public bool IsComplete => answer.IsComplete;

    public bool CanEnd => answer.CanEnd;

    public void Read(ReadOnlySpan<byte> frame, List<UpstreamChunk> chunks)
    {
        var status = StatusOf(frame);
        answer.Read([.. "{\"type\":"u8, .. JsonText.Quote("response." + status), .. ",\"response\":"u8, .. frame, (byte)'}'], chunks);
    }

    public void End(List<UpstreamChunk> chunks) => answer.End(chunks);

    public void Report() => answer.Report();

    private string StatusOf(ReadOnlySpan<byte> frame)
    {
        try
        {
            using var document = JsonDocument.Parse(frame.ToArray(), NestedJson.Within);
            var response = document.RootElement;
            if (response.ValueKind != JsonValueKind.Object) throw NoResponse();
            var status = ChatMessage.String(response, "status");
            if (status is not ("failed" or "cancelled") && response.TryGetProperty("error", out var error) && error.ValueKind is not (JsonValueKind.Null or JsonValueKind.False))
                throw UpstreamErrors.FromEvent(frame, request);
            return status ?? (response.TryGetProperty("output", out _) ? "completed" : throw NoResponse());
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            throw NoResponse();
        }
    }

    private static UpstreamException NoResponse() => UpstreamException.Of(FailureKind.Garbled, "The upstream answered with JSON that is not a response.");
}
