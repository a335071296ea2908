using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Responses;

/// <summary>
/// A conversation in few words, so that a client can go on from these alone. The model that is asked writes them, as any answer; the client gets them as an item
/// that it does not read, and sends back in place of all that was before.
/// </summary>
internal static class Compaction
{
    /// <summary>A member of the fields that repeat the request: the answer is no message. No client is told of it.</summary>
    public const string Mark = "gateway_compaction";

    /// <summary>Its value where the answer is the item alone, as that of <c>/v1/responses/compact</c> is.</summary>
    public const string Alone = "alone";

    /// <summary>The last item of an input that asks for it.</summary>
    public const string Trigger = "compaction_trigger";

    private const string Prefix = "summary.";

    private const string Prompt = """
        The conversation up to here is about to be replaced by a summary, and nothing else of it will be known. Write this summary now.
        Say what the user wants, with every constraint and preference; what has been done and found out; what was decided, and why; what is still open, and the next step.
        Give every name, path, number, command and piece of code that is needed to go on. Answer with the summary alone, and call no tool.
        """;

    private const string Heading = "The conversation before this point, as a summary:";

    public static bool IsAskedBy(ResponseBody body) => body.Json["input"] is JsonArray { Count: > 0 } items && items[^1] is JsonObject last && InputItems.IsOf(last, Trigger);

    public static JsonObject Question() => new() { ["role"] = "user", ["content"] = Prompt };

    /// <summary>With no words the client would go on from nothing.</summary>
    public static Failure NoSummary { get; } = new() { Kind = FailureKind.UpstreamProtocol, Message = "The model has answered without a summary of the conversation." };

    /// <summary>Base64, and no secret: it is the client's own conversation.</summary>
    public static string Seal(string summary) => SealedText.Of(Prefix, summary);

    /// <returns>Null: another service has made it, and only that can read it.</returns>
    public static JsonObject? Message(string content)
    {
        return SealedText.Read(Prefix, content) is { } summary
            ? new JsonObject { ["role"] = "user", ["content"] = $"{Heading}\n\n{Encoding.UTF8.GetString(summary)}" }
            : null;
    }

    /// <summary>The request of <c>/v1/responses/compact</c> as one that could have been sent to <c>/v1/responses</c>.</summary>
    public static void AskFor(ResponseBody body)
    {
        var items = body.Json["input"] switch
        {
            JsonArray given => (JsonArray)given.DeepClone(),
            null when body.Json["previous_response_id"] is not null || body.Json["conversation"] is not null => [],
            null => throw ResponseBody.Missing("input"),
            _ => new JsonArray((JsonNode)new JsonObject { ["role"] = "user", ["content"] = body.Text("input") }),
        };
        items.Add((JsonNode)new JsonObject { ["type"] = Trigger });
        body.Json["input"] = items;
        foreach (var field in (ReadOnlySpan<string>)["stream", "background", "store"]) body.Json[field] = false;
    }

    /// <returns>Null: the answer is what it is.</returns>
    public static string? MarkIn(JsonElement echo) => JsonTexts.Of(echo, Mark);
}
