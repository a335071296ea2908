using System.Runtime.InteropServices;
using System.Text.Json;
using OrleansLlm.Api.Doors;

namespace OrleansLlm.Api.Ollama;

/// <summary>What a whole answer of OpenAI's says, of either kind. Texts are JSON strings as they stand, empty where there is none.</summary>
internal sealed record OllamaWhole(byte[] Text, byte[] Thinking, List<ToolCallPiece> Calls, byte[]? Logprobs, bool IsCut)
{
    public static OllamaWhole Read(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json, NestedJson.Document);
        var choice = Member(document.RootElement, "choices", JsonValueKind.Array) is { } choices && choices.GetArrayLength() > 0 ? choices[0] : default;
        var message = Member(choice, "message", JsonValueKind.Object) ?? default;
        return new OllamaWhole(
            Said(message, "content") ?? Said(message, "refusal") ?? Said(choice, "text") ?? [],
            Said(message, "reasoning_content") ?? Said(message, "reasoning") ?? [],
            Member(message, "tool_calls", JsonValueKind.Array) is { } calls ? CallsIn(calls) : [],
            OllamaLogprobs.Of(Member(choice, "logprobs", JsonValueKind.Object) ?? default),
            Member(choice, "finish_reason", JsonValueKind.String) is { } reason && reason.ValueEquals("length"));
    }

    /// <summary>Each is a call of its own, whatever its id.</summary>
    private static List<ToolCallPiece> CallsIn(JsonElement calls) =>
        [.. new ToolCallPieces().Read(JsonMarshal.GetRawUtf8Value(calls)).Select((call, index) => call with { Index = index })];

    private static byte[]? Said(JsonElement from, string name) =>
        Member(from, name, JsonValueKind.String) is { } text && JsonMarshal.GetRawUtf8Value(text) is { Length: > 2 } raw ? raw.ToArray() : null;

    private static JsonElement? Member(JsonElement from, string name, JsonValueKind kind) =>
        from.ValueKind == JsonValueKind.Object && from.TryGetProperty(name, out var value) && value.ValueKind == kind ? value : null;
}
