using System.Text.Json;
using OrleansLlm.Api.Doors;
using OrleansLlm.Api.Errors;

namespace OrleansLlm.Api.Anthropic;

/// <summary>
/// <c>thread</c>: the service is to keep the conversation, and the next request has only what is new. Here it is refused in the words by which
/// Anthropic's clients send everything instead (their tool runner asks for a thread by itself). To leave it out would be to lose the
/// conversation in silence; and what one account of one service keeps, the next deployment does not know.
/// </summary>
internal static class AnthropicThreads
{
    /// <summary>What clients look for, in <c>error.details.error_code</c>.</summary>
    public const string Unsupported = "thread_unsupported_request";

    /// <exception cref="RequestException">The request asks for a thread, or to go on with one.</exception>
    public static void Refuse(JsonElement body)
    {
        if (Json.Any(body, "thread") is null) return;
        throw new RequestException(ApiError.BadRequest("thread: this gateway keeps no threads. Send all messages of the conversation.", "thread", Unsupported));
    }

    public static void WriteDetails(Utf8JsonWriter json)
    {
        json.WriteStartObject("details");
        json.WriteString("error_code", Unsupported);
        json.WriteStartArray("unsupported");
        json.WriteStringValue("thread");
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
