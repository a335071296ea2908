using System.Collections.Immutable;
using OrleansLlm.Api.Doors;

namespace OrleansLlm.Api.Anthropic;

/// <summary>Why an answer ended, in Anthropic's words.</summary>
internal static class StopReasons
{
    /// <param name="finish">OpenAI's <c>finish_reason</c>; null: not said.</param>
    /// <param name="stop">What the server says has stopped it (vLLM's <c>stop_reason</c>); null: not said.</param>
    /// <param name="native">The model's own reason where OpenAI has no word for it; null: not said.</param>
    public static (string Reason, string? Sequence) Of(string? finish, string? stop, string? native, ImmutableArray<string> stops, bool hasCalls) => finish switch
    {
        // Upon the first a client sends the turn back to have it gone on with.
        _ when native is "pause_turn" or "compaction" or "model_context_window_exceeded" => (native, null),
        "length" => ("max_tokens", null),
        "tool_calls" or "function_call" => ("tool_use", null),
        "content_filter" => ("refusal", null),
        // Some servers call tools and say "stop".
        _ when hasCalls => ("tool_use", null),
        _ when stop is not null && stops.Contains(stop) => ("stop_sequence", stop),
        _ => ("end_turn", null),
    };

    /// <param name="quoted">A JSON string; empty: not said.</param>
    /// <returns>Null: it was not said, or is no text.</returns>
    public static string? Text(ReadOnlySpan<byte> quoted)
    {
        var text = new JoinedText();
        text.AddQuoted(quoted);
        return !text.IsEmpty && text.TryRead(out var read) ? read : null;
    }
}
