using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using OrleansLlm.Api.Errors;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Responses;

/// <summary>Writes response objects: every field that OpenAI's have, so that strict clients find them all.</summary>
internal static class ResponseJson
{
    public static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The object as UTF-8.</summary>
    public static ReadOnlyMemory<byte> Of(ResponseHead head, string status, Output output, Failure? failure = null)
    {
        var buffer = new ArrayBufferWriter<byte>(1024 + head.Request.Length);
        using (var json = new Utf8JsonWriter(buffer, Relaxed)) Write(json, head, status, output, failure);
        return buffer.WrittenMemory;
    }

    public static void Write(Utf8JsonWriter json, ResponseHead head, string status, Output output, Failure? failure = null)
    {
        if (head.Compaction == Compaction.Alone)
        {
            WriteCompaction(json, head, output);
            return;
        }

        json.WriteStartObject();
        json.WriteString("id", head.Id);
        json.WriteString("object", "response");
        json.WriteNumber("created_at", head.CreatedAt);
        json.WriteString("status", status);
        json.WriteString("model", head.Model);
        WriteError(json, failure);
        WriteIncomplete(json, output.IncompleteReason);
        WriteItems(json, output);
        WriteUsage(json, output.Usage);
        using var echo = JsonDocument.Parse(head.Request);
        foreach (var field in echo.RootElement.EnumerateObject().Where(f => !f.NameEquals(Compaction.Mark))) field.WriteTo(json);
        json.WriteEndObject();
    }

    private static void WriteCompaction(Utf8JsonWriter json, ResponseHead head, Output output)
    {
        json.WriteStartObject();
        json.WriteString("id", head.Id);
        json.WriteString("object", "response.compaction");
        json.WriteNumber("created_at", head.CreatedAt);
        WriteItems(json, output);
        WriteUsage(json, output.Usage);
        json.WriteEndObject();
    }

    private static void WriteItems(Utf8JsonWriter json, Output output)
    {
        json.WriteStartArray("output");
        foreach (var item in output.Items) item.WriteTo(json);
        json.WriteEndArray();
    }

    /// <summary>Of the few codes that OpenAI's schema lets a failed response have, and the one that it has besides; the message says more.</summary>
    private static string CodeOf(ApiError error) => error.Status switch
    {
        _ when error.Code == ErrorTable.PromptTooLong => ErrorTable.PromptTooLong,
        429 => "rate_limit_exceeded",
        < 500 => "invalid_prompt",
        _ => "server_error",
    };

    private static void WriteError(Utf8JsonWriter json, Failure? failure)
    {
        if (failure is null)
        {
            json.WriteNull("error");
            return;
        }

        var error = ApiError.From(failure);
        json.WriteStartObject("error");
        json.WriteString("code", CodeOf(error));
        json.WriteString("message", error.Message);
        json.WriteEndObject();
    }

    private static void WriteIncomplete(Utf8JsonWriter json, string? reason)
    {
        if (reason is null)
        {
            json.WriteNull("incomplete_details");
            return;
        }

        json.WriteStartObject("incomplete_details");
        json.WriteString("reason", reason);
        json.WriteEndObject();
    }

    private static void WriteUsage(Utf8JsonWriter json, ResponseUsage? usage)
    {
        // Absent until it is known: OpenAI's schema has no null here.
        if (usage is null) return;
        json.WriteStartObject("usage");
        json.WriteNumber("input_tokens", usage.Input);
        json.WriteStartObject("input_tokens_details");
        json.WriteNumber("cached_tokens", usage.Cached);
        json.WriteNumber("cache_write_tokens", usage.CacheWritten);
        json.WriteEndObject();
        json.WriteNumber("output_tokens", usage.Output);
        json.WriteStartObject("output_tokens_details");
        json.WriteNumber("reasoning_tokens", usage.Reasoning);
        json.WriteEndObject();
        json.WriteNumber("total_tokens", usage.Input + usage.Output);
        json.WriteEndObject();
    }
}
