using System.Text.Json;
using OrleansLlm.Api.Doors;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Ollama;

/// <summary>OpenAI's list of embeddings as Ollama's. Never a stream.</summary>
internal sealed class OllamaEmbedForm(string model, bool isOld) : IAnswerForm
{
    private InferenceStarted? _started;

    public string StreamType => OllamaForm.Lines;

    public void Began(InferenceStarted started) => _started = started;

    public void Queued(AnswerPipe pipe, InferenceQueued place)
    {
    }

    public void Started(AnswerPipe pipe, InferenceStarted started)
    {
    }

    public void Chunk(AnswerPipe pipe, ReadOnlySpan<byte> json) => throw new InvalidOperationException("Embeddings are not streamed.");

    public ValueTask CompletedAsync(AnswerPipe pipe, InferenceCompleted completed) => ValueTask.CompletedTask;

    public void Failed(AnswerPipe pipe, Failure failure)
    {
    }

    public ValueTask<ReadOnlyMemory<byte>> WholeAsync(ReadOnlyMemory<byte> json, InferenceCompleted completed)
    {
        using var document = JsonDocument.Parse(json);
        var data = document.RootElement.GetProperty("data");
        return ValueTask.FromResult(JsonBuffer.Write(answer =>
        {
            answer.WriteStartObject();
            if (isOld)
            {
                answer.WritePropertyName("embedding");
                // Of an empty prompt there is none, and an Ollama says so in the same way.
                if (data.GetArrayLength() > 0) data[0].GetProperty("embedding").WriteTo(answer);
                else answer.WriteRawValue("[]"u8);
            }
            else
            {
                answer.WriteString("model", model);
                answer.WriteStartArray("embeddings");
                foreach (var item in data.EnumerateArray()) item.GetProperty("embedding").WriteTo(answer);
                answer.WriteEndArray();
                answer.WriteNumber("total_duration", OllamaTime.Nanoseconds(completed.Upstream + (_started?.Queued ?? TimeSpan.Zero)));
                answer.WriteNumber("load_duration", 0);
                answer.WriteNumber("prompt_eval_count", completed.PromptTokens);
            }

            answer.WriteEndObject();
        }));
    }
}
