using OrleansLlm.Api.Doors;
using OrleansLlm.Api.Errors;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Ollama;

/// <summary>
/// An answer as Ollama's lines, or as the one object that they add up to. A tool call is told when it is whole: its arguments are an object here.
/// </summary>
/// <param name="model">As the client called it.</param>
/// <param name="isChat">/api/chat; else /api/generate.</param>
internal sealed class OllamaForm(string model, bool isChat, TimeProvider time) : IAnswerForm
{
    public const string Lines = "application/x-ndjson";

    private readonly byte[] _model = JsonBuffer.Quote(model);
    private readonly JsonBuffer _json = new();
    private readonly ToolCallPieces _pieces = new();
    private readonly OllamaCalls _calls = new();
    private InferenceStarted? _started;
    private bool _isCut;

    public string StreamType => Lines;

    public void Began(InferenceStarted started) => _started = started;

    public void Queued(AnswerPipe pipe, InferenceQueued place)
    {
    }

    public void Started(AnswerPipe pipe, InferenceStarted started)
    {
    }

    public void Chunk(AnswerPipe pipe, ReadOnlySpan<byte> json)
    {
        var chunk = OpenAiChunk.Read(json);
        if (!chunk.ToolCalls.IsEmpty)
        {
            foreach (var piece in _pieces.Read(chunk.ToolCalls)) _calls.Add(piece);
        }

        if (!chunk.FinishReason.IsEmpty) _isCut = chunk.FinishReason.SequenceEqual("\"length\""u8);
        var text = chunk.Text.IsEmpty ? chunk.Refusal : chunk.Text;
        if (text.IsEmpty && chunk.Thinking.IsEmpty) return;
        Begin();
        WriteSaid(text, chunk.Thinking, default);
        if (!chunk.Logprobs.IsEmpty && OllamaLogprobs.Of(chunk.Logprobs) is { Length: > 0 } logprobs) _json.Add(",\"logprobs\":"u8).Add(logprobs);
        pipe.WriteLine(_json.Add(",\"done\":false}"u8).Written);
    }

    public ValueTask CompletedAsync(AnswerPipe pipe, InferenceCompleted completed)
    {
        if (!_calls.IsEmpty)
        {
            Begin();
            WriteSaid(default, default, _calls.ToJson());
            pipe.WriteLine(_json.Add(",\"done\":false}"u8).Written);
        }

        Begin();
        WriteSaid(default, default, default);
        WriteEnd(completed);
        pipe.WriteLine(_json.Written);
        return ValueTask.CompletedTask;
    }

    public void Failed(AnswerPipe pipe, Failure failure) => pipe.WriteLine(OllamaErrors.ToJson(ApiError.From(failure)).Span);

    public ValueTask<ReadOnlyMemory<byte>> WholeAsync(ReadOnlyMemory<byte> json, InferenceCompleted completed)
    {
        var whole = OllamaWhole.Read(json);
        foreach (var piece in whole.Calls) _calls.Add(piece);
        _isCut = whole.IsCut;
        Begin();
        WriteSaid(whole.Text, whole.Thinking, _calls.IsEmpty ? default : _calls.ToJson());
        if (whole.Logprobs is { Length: > 0 } logprobs) _json.Add(",\"logprobs\":"u8).Add(logprobs);
        WriteEnd(completed);
        return ValueTask.FromResult<ReadOnlyMemory<byte>>(_json.Written.ToArray());
    }

    private void Begin() => _json.Begin("{\"model\":"u8).Add(_model).Add(",\"created_at\":\""u8).Add(System.Text.Encoding.ASCII.GetBytes(OllamaTime.Now(time))).Add("\""u8);

    /// <param name="text">A JSON string; empty: nothing.</param>
    private void WriteSaid(ReadOnlySpan<byte> text, ReadOnlySpan<byte> thinking, ReadOnlySpan<byte> calls)
    {
        _json.Add(isChat ? ",\"message\":{\"role\":\"assistant\",\"content\":"u8 : ",\"response\":"u8).Add(text.IsEmpty ? "\"\""u8 : text);
        if (!thinking.IsEmpty) _json.Add(",\"thinking\":"u8).Add(thinking);
        if (!calls.IsEmpty) _json.Add(",\"tool_calls\":"u8).Add(calls);
        if (isChat) _json.Add("}"u8);
    }

    /// <summary>Ollama says "stop" for tool calls as well. Durations are ours: what the backend took, in nanoseconds, and the wait for it.</summary>
    private void WriteEnd(InferenceCompleted completed)
    {
        var first = _started is { } started && started.Upstream < completed.Upstream ? started.Upstream : TimeSpan.Zero;
        _json.Add(",\"done\":true,\"done_reason\":"u8).Add(_isCut ? "\"length\""u8 : "\"stop\""u8);
        _json.Add(",\"total_duration\":"u8).Add(OllamaTime.Nanoseconds(completed.Upstream + (_started?.Queued ?? TimeSpan.Zero)));
        _json.Add(",\"load_duration\":0,\"prompt_eval_count\":"u8).Add(completed.PromptTokens);
        _json.Add(",\"prompt_eval_duration\":"u8).Add(OllamaTime.Nanoseconds(first));
        _json.Add(",\"eval_count\":"u8).Add(completed.CompletionTokens);
        _json.Add(",\"eval_duration\":"u8).Add(OllamaTime.Nanoseconds(completed.Upstream - first)).Add("}"u8);
    }
}
