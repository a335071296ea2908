using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansLlm.Inference;
using OrleansLlm.Providers;

namespace OrleansLlm.Grains.Inference;

/// <summary>
/// Makes the chunks of several backends one answer: one id, one role, and a usage that counts them all and says so. Costs a parse a chunk,
/// from the first continuation on.
/// </summary>
internal sealed class ContinuedChunks
{
    private string? _id;
    private long _prompt;
    private long _completion;
    private long _read;
    private long _written;
    private bool _estimated;

    public int Continuations { get; private set; }

    /// <summary>A chunk as its backend wrote it: the first one names the answer.</summary>
    public void Saw(TokenChunk chunk) => _id ??= Parse(chunk)?["id"]?.GetValue<string>();

    /// <param name="usage">What the backend that failed has used, by estimate at the least.</param>
    public void GoOnAfter(UpstreamUsage? usage)
    {
        Continuations++;
        _prompt += usage?.Prompt ?? 0;
        _completion += usage?.Completion ?? 0;
        _read += usage?.CacheRead ?? 0;
        _written += usage?.CacheWritten ?? 0;
        _estimated |= usage?.Estimated ?? false;
    }

    /// <summary>Null: the client has seen the like already.</summary>
    public TokenChunk? Adjust(TokenChunk chunk)
    {
        if (Parse(chunk) is not { } json) return chunk;
        if (_id is not null) json["id"] = _id;
        if (json["usage"] is JsonObject usage) Sum(usage);
        else if (json["choices"] is JsonArray choices && choices.All(IsEmptyWithoutRole)) return null;
        return new TokenChunk(Encoding.UTF8.GetBytes(json.ToJsonString()));
    }

    public InferenceCompleted Adjust(InferenceCompleted completed) => completed with
    {
        PromptTokens = completed.PromptTokens + _prompt,
        CompletionTokens = completed.CompletionTokens + _completion,
        CacheRead = completed.CacheRead + _read,
        CacheWritten = completed.CacheWritten + _written,
        Estimated = completed.Estimated || _estimated,
    };

    private void Sum(JsonObject usage)
    {
        var prompt = Number(usage, "prompt_tokens") + _prompt;
        var completion = Number(usage, "completion_tokens") + _completion;
        usage["prompt_tokens"] = prompt;
        usage["completion_tokens"] = completion;
        usage["total_tokens"] = prompt + completion;
        // Ours: how many backends have failed in the middle of this answer.
        usage["continuations"] = Continuations;
    }

    private static bool IsEmptyWithoutRole(JsonNode? choice)
    {
        if (choice is not JsonObject fields || fields["delta"] is not JsonObject delta) return false;
        delta.Remove("role");
        return fields["finish_reason"] is null && delta.All(d => d.Value is null || (d.Value is JsonValue text && text.TryGetValue<string>(out var s) && s.Length == 0));
    }

    private static long Number(JsonObject usage, string name) => usage[name] is JsonValue value && value.TryGetValue<long>(out var number) ? number : 0;

    private static JsonObject? Parse(TokenChunk chunk)
    {
        try
        {
            return JsonNode.Parse(chunk.Json.Span) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
