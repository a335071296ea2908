using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using OrleansLlm.Providers.Http;

namespace OrleansLlm.Providers.Gemini;

/// <summary>Retells Gemini's responses, each event a whole one, as OpenAI chunks. Strings are copied with their escapes, never decoded.</summary>
internal sealed class GeminiToOpenAi(UpstreamRequest request, UpstreamReport report, KeptThoughts kept, Framing framing) : IAnswer, IReporting
{
    private static readonly string[] Counted =
        ["promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount", "cachedContentTokenCount", "toolUsePromptTokenCount", "totalTokenCount"];

    private readonly ChunkWriter _writer = new(request);
    private readonly Dictionary<int, Choice> _choices = [];
    private readonly Dictionary<string, long> _counts = new(StringComparer.Ordinal);

    private string _sound = "";

    public Framing Framing => framing;

    /// <summary>Nothing says so but the end of the body.</summary>
    public bool IsComplete => false;

    public bool CanEnd => _choices.Count > 0 && _choices.Values.All(choice => choice.Finished);

    public void Read(ReadOnlySpan<byte> frame, List<UpstreamChunk> chunks)
    {
        frame = frame.Trim(" \t\r\n"u8);
        if (frame.IsEmpty || frame.SequenceEqual("[DONE]"u8)) return;
        if (!Utf8.IsValid(frame)) throw Garbled();
        try
        {
            using var document = JsonDocument.Parse(frame.ToArray());
            // A stream that is not asked for as events is an array of the same.
            if (document.RootElement.ValueKind == JsonValueKind.Array && framing == Framing.Whole)
            {
                foreach (var response in document.RootElement.EnumerateArray()) Tell(response, frame, chunks);
            }
            else
            {
                Tell(document.RootElement, frame, chunks);
            }
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException or FormatException)
        {
            throw Garbled();
        }
    }

    public void End(List<UpstreamChunk> chunks)
    {
        if (!CanEnd) throw UpstreamException.Of(FailureKind.Truncated, "The upstream's answer ended without a finish reason.");
        Report();
        if (report.Usage is not { } usage) return;
        var (thoughts, cached) = (Count("thoughtsTokenCount") ?? 0, Count("cachedContentTokenCount") ?? 0);
        var details = (cached > 0 ? string.Create(CultureInfo.InvariantCulture, $",\"prompt_tokens_details\":{{\"cached_tokens\":{cached}}}") : "")
            + (thoughts > 0 ? string.Create(CultureInfo.InvariantCulture, $",\"completion_tokens_details\":{{\"reasoning_tokens\":{thoughts}}}") : "");
        _writer.Usage(chunks, usage, details);
    }

    public void Report()
    {
        if (report.Usage is not null) return;
        if (Count("promptTokenCount") is not { } prompt)
        {
            report.Usage = _writer.Estimate;
            return;
        }

        // Until the answer has ended its part of the count is a snapshot, and may be missing.
        var completion = Count("candidatesTokenCount") is null && Count("thoughtsTokenCount") is null && !CanEnd
            ? _writer.Estimate.Completion : (Count("candidatesTokenCount") ?? 0) + (Count("thoughtsTokenCount") ?? 0);
        prompt += Count("toolUsePromptTokenCount") ?? 0;
        report.Usage = new UpstreamUsage(prompt, completion, Math.Max(Count("totalTokenCount") ?? 0, prompt + completion), Estimated: !CanEnd) { CacheRead = Count("cachedContentTokenCount") ?? 0 };
    }

    private void Tell(JsonElement response, ReadOnlySpan<byte> frame, List<UpstreamChunk> chunks)
    {
        if (response.ValueKind != JsonValueKind.Object) throw new JsonException();
        if (response.TryGetProperty("error", out var error) && error.ValueKind != JsonValueKind.Null) throw UpstreamErrors.FromEvent(frame, request);
        if (response.TryGetProperty("usageMetadata", out var usage) && usage.ValueKind == JsonValueKind.Object)
        {
            _counts.Clear();
            foreach (var name in Counted)
            {
                if (usage.TryGetProperty(name, out var count) && count.ValueKind == JsonValueKind.Number && count.TryGetInt64(out var tokens)) _counts[name] = tokens;
            }
        }

        if (response.TryGetProperty("promptFeedback", out var feedback) && ChatMessage.String(feedback, "blockReason") is { } why) throw Blocked(why);
        if (!response.TryGetProperty("candidates", out var candidates) || candidates.ValueKind != JsonValueKind.Array) return;
        foreach (var candidate in candidates.EnumerateArray()) TellCandidate(candidate, chunks);
    }

    private void TellCandidate(JsonElement candidate, List<UpstreamChunk> chunks)
    {
        var index = candidate.TryGetProperty("index", out var given) && given.TryGetInt32(out var number) ? number : 0;
        if (!_choices.TryGetValue(index, out var choice)) _choices[index] = choice = new Choice { Citations = report.MayCite ? new GroundedText() : null };
        _writer.Role(chunks, index);
        if (candidate.TryGetProperty("content", out var content) && content.ValueKind == JsonValueKind.Object
            && content.TryGetProperty("parts", out var parts) && parts.ValueKind == JsonValueKind.Array)
        {
            foreach (var part in parts.EnumerateArray()) TellPart(part, index, choice, chunks);
        }

        if (candidate.TryGetProperty("groundingMetadata", out var grounds)) choice.Citations?.Take(grounds);
        if (choice.Finished || ChatMessage.String(candidate, "finishReason") is not { } reason || reason == "FINISH_REASON_UNSPECIFIED") return;
        choice.Finished = true;
        TellSound(choice.Sound.Rest(), _sound, index, chunks);
        choice.Citations?.Tell(_writer, index, chunks);
        _writer.Finish(chunks, Reason(reason, choice.Calls > 0), index, reason == "STOP" || Reason(reason, false) != "stop" ? [] : Besides(reason, candidate));
    }

    private void TellPart(JsonElement part, int index, Choice choice, List<UpstreamChunk> chunks)
    {
        if (part.TryGetProperty("text", out var text) && text.ValueKind == JsonValueKind.String)
        {
            var isThought = part.TryGetProperty("thought", out var thought) && thought.ValueKind == JsonValueKind.True;
            if (!isThought) choice.Citations?.Add(text);
            _writer.Text(chunks, isThought ? "reasoning_content" : "content", JsonMarshal.GetRawUtf8Value(text), index);
        }
        else if (part.TryGetProperty("functionCall", out var call) && call.ValueKind == JsonValueKind.Object)
        {
            var id = ChatMessage.String(call, "id") ?? CallIds.Of(request, choice.Calls, index);
            var arguments = call.TryGetProperty("args", out var args) && args.ValueKind == JsonValueKind.Object ? args.GetRawText() : "{}";
            // It must come back with the call: Google's own field for OpenAI clients.
            var signed = ChatMessage.String(part, "thoughtSignature");
            if (signed is not null) kept.Keep(request, id, Encoding.UTF8.GetBytes(signed));
            var signature = signed is null ? "" : $",\"extra_content\":{{\"google\":{{\"thought_signature\":{Encoding.UTF8.GetString(JsonText.Quote(signed))}}}}}";
            _writer.Call(chunks, choice.Calls++, id, ChatMessage.String(call, "name") ?? throw new JsonException(), arguments, signature, index);
        }
        else if (part.TryGetProperty("inlineData", out var data) && ChatMessage.String(data, "data") is { } base64)
        {
            var type = ChatMessage.String(data, "mimeType") ?? "image/png";
            if (type.StartsWith("audio/", StringComparison.OrdinalIgnoreCase))
            {
                TellSound(choice.Sound.Add(base64), type, index, chunks);
                return;
            }

            var chunk = _writer.Open(index);
            chunk.Write("\"images\":[{\"type\":\"image_url\",\"image_url\":{\"url\":"u8);
            chunk.Write(JsonText.Quote($"data:{type};base64,{base64}"));
            chunk.Write("}}]"u8);
            chunks.Add(_writer.Close(null, base64.Length));
        }
    }

    /// <summary>As OpenAI's: of a stream it is one base64 text in pieces.</summary>
    private void TellSound(string base64, string type, int index, List<UpstreamChunk> chunks)
    {
        if (base64.Length == 0) return;
        var chunk = _writer.Open(index);
        chunk.Write("\"audio\":{\"id\":"u8);
        chunk.Write(JsonText.Quote("audio_" + request.CompletionId));
        chunk.Write(",\"data\":"u8);
        chunk.Write(JsonText.Quote(base64));
        chunk.Write(",\"transcript\":\"\",\"format\":"u8);
        chunk.Write(JsonText.Quote(type));
        // It is kept nowhere.
        chunk.Write(",\"expires_at\":"u8);
        chunk.Write(JsonText.Number(request.Created));
        chunk.Write("}"u8);
        _sound = type;
        chunks.Add(_writer.Close(null, base64.Length));
    }

    private long? Count(string name) => _counts.TryGetValue(name, out var tokens) ? tokens : null;

    private static string Reason(string reason, bool called) => reason switch
    {
        "MAX_TOKENS" => "length",
        "SAFETY" or "RECITATION" or "BLOCKLIST" or "PROHIBITED_CONTENT" or "SPII" or "IMAGE_SAFETY" or "IMAGE_PROHIBITED_CONTENT" or "LANGUAGE" => "content_filter",
        _ => called ? "tool_calls" : "stop",
    };

    /// <summary>
    /// What OpenAI's reason does not tell: one that it has no word for, such as a call that the model has garbled, under OpenRouter's name, and what the
    /// service says about it.
    /// </summary>
    private static byte[] Besides(string reason, JsonElement candidate)
    {
        byte[] native = [.. ",\"native_finish_reason\":"u8, .. JsonText.Quote(reason)];
        return ChatMessage.String(candidate, "finishMessage") is { } message ? [.. native, .. ",\"finish_message\":"u8, .. JsonText.Quote(message)] : native;
    }

    /// <summary>Refused before a word was said: an error as OpenAI and Azure tell it, so that another model may be asked.</summary>
    private static UpstreamException Blocked(string why) => new(new UpstreamFailure
    {
        Kind = FailureKind.ErrorEvent, Status = 400, Type = "invalid_request_error", Code = "content_filter", Param = "messages",
        Message = $"The prompt was blocked by the service's content policy: {why}.", BeforeFirstToken = true,
    });

    private static UpstreamException Garbled() => UpstreamException.Of(FailureKind.Garbled, "The upstream sent an event that is not what Gemini sends.");

    private sealed class Choice
    {
        public int Calls { get; set; }

        public bool Finished { get; set; }

        /// <summary>Null: the service does not search.</summary>
        public GroundedText? Citations { get; init; }

        public JoinedBase64 Sound { get; } = new();
    }
}
