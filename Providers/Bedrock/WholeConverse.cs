using System.Text.Json;
using System.Text.Unicode;
using OrleansLlm.Providers.Http;

namespace OrleansLlm.Providers.Bedrock;

/// <summary>The answer of <c>/converse</c>, which comes in one piece: retold as the events of a stream.</summary>
internal sealed class WholeConverse(ConverseToOpenAi answer, UpstreamRequest request) : IAnswer, IReporting
{
    public Framing Framing => Framing.Whole;

    public bool IsComplete => answer.IsComplete;

    public bool CanEnd => answer.CanEnd;

    public void Read(ReadOnlySpan<byte> frame, List<UpstreamChunk> chunks)
    {
        if (!Utf8.IsValid(frame)) throw Garbled();
        try
        {
            using var document = JsonDocument.Parse(frame.ToArray());
            if (!document.RootElement.TryGetProperty("output", out var output)) throw UpstreamErrors.FromEvent(frame, request);
            answer.Begin(chunks);
            foreach (var block in output.GetProperty("message").GetProperty("content").EnumerateArray()) Retell(block, chunks);
            answer.Stop(document.RootElement, chunks);
            answer.Count(document.RootElement);
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw Garbled(wrong);
        }
    }

    public void End(List<UpstreamChunk> chunks) => answer.End(chunks);

    public void Report() => answer.Report();

    private void Retell(JsonElement block, List<UpstreamChunk> chunks)
    {
        if (block.TryGetProperty("toolUse", out var call))
        {
            answer.BeginCall(call, chunks);
            if (call.TryGetProperty("input", out var input)) answer.TellInput(JsonText.Quote(input.GetRawText()), chunks);
        }
        else if (block.TryGetProperty("reasoningContent", out var thought))
        {
            answer.TellThought(thought.TryGetProperty("reasoningText", out var text) ? text : thought, chunks);
        }
        else
        {
            answer.TellDelta(block, chunks);
        }

        answer.EndBlock(chunks);
    }

    private static UpstreamException Garbled(Exception? wrong = null) =>
        UpstreamException.Of(FailureKind.Garbled, "The upstream answered with JSON that is not an answer of Converse.", wrong);
}
