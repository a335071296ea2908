using System.Collections.Immutable;
using System.Text;

namespace OrleansLlm.Api.Anthropic;

/// <summary>Why an answer ended, in Anthropic's words.</summary>
internal static class StopReasons
{
    /// <param name="finish">OpenAI's <c>finish_reason</c>; null: not said.</param>
    /// <param name="stop">What the server says has stopped it (vLLM's <c>stop_reason</c>); null: not said.</param>
    public static (string Reason, string? Sequence) Of(string? finish, string? stop, ImmutableArray<string> stops, bool hasCalls) => finish switch
    {
        "length" => ("max_tokens", null),
        "tool_calls" or "function_call" => ("tool_use", null),
        "content_filter" => ("refusal", null),
        // Some servers call tools and say "stop".
        _ when hasCalls => ("tool_use", null),
        _ when stop is not null && stops.Contains(stop) => ("stop_sequence", stop),
        _ => ("end_turn", null),
    };

    /// <param name="quoted">A JSON string.</param>
    public static string? Text(ReadOnlySpan<byte> quoted)
    {
        var reader = new System.Text.Json.Utf8JsonReader(quoted);
        reader.Read();
        return reader.ValueIsEscaped ? Encoding.UTF8.GetString(quoted[1..^1]) : reader.GetString();
    }
}
