using System.Buffers;
using System.Collections.Frozen;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using OrleansLlm.Inference;

namespace OrleansLlm.Grains.Caching;

/// <summary>
/// What an answer depends on, in one canonical form: the order of fields and the way a text is escaped do not matter; how a number is written
/// does.
/// </summary>
internal static class CacheKey
{
    /// <summary>Fields that speak to the gateway, say who asks, or choose the form of the answer: none of them changes what it says.</summary>
    private static readonly FrozenSet<string> Left = new[]
    {
        "model", "stream", "stream_options", "user", "metadata", "store", "safety_identifier", "prompt_cache_key", "prompt_cache_retention", "cache",
        "fallbacks", "context_window_fallbacks", "content_policy_fallbacks", "disable_fallbacks", "max_fallbacks", "num_retries",
        "timeout", "request_timeout", "stream_timeout", "priority", "conversation_id", "queue_timeout", "tags", "litellm_metadata",
    }.ToFrozenSet(StringComparer.Ordinal);

    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <returns>SHA-256 in hexadecimal.</returns>
    /// <exception cref="JsonException">The body is no JSON.</exception>
    public static string Of(InferenceRequest request)
    {
        var use = request.Cache ?? throw new InvalidOperationException("The request does not use the cache.");
        var canonical = new ArrayBufferWriter<byte>(request.Body.Length + 256);
        using (var json = new Utf8JsonWriter(canonical, Compact))
        using (var body = JsonDocument.Parse(request.Body))
        {
            json.WriteStartArray();
            json.WriteStringValue(use.Owner);
            json.WriteStringValue(use.Namespace);
            json.WriteNumberValue((int)request.Kind);
            json.WriteStringValue(request.Model);
            WriteObject(json, body.RootElement, Left);
            if (request.AnthropicBeta is { } betas) json.WriteStringValue(betas);
            if (request.SpeaksAnthropic) json.WriteBooleanValue(true);
            if (!request.AnthropicFallbacks.IsEmpty) json.WriteBase64StringValue(request.AnthropicFallbacks.Span);
            // Doors that have a place for thoughts get them there, the others in the text.
            if (request.MergesThoughts is { } merges)
            {
                json.WriteStartArray();
                json.WriteBooleanValue(merges);
                json.WriteEndArray();
            }

            // Other deployments may answer otherwise, and not everybody may ask them.
            if (!request.Tags.IsEmpty)
            {
                json.WriteStartArray();
                foreach (var tag in request.Tags.Order(StringComparer.Ordinal)) json.WriteStringValue(tag);
                json.WriteEndArray();
            }

            json.WriteEndArray();
        }

        return Convert.ToHexStringLower(SHA256.HashData(canonical.WrittenSpan));
    }

    /// <summary>
    /// What else two requests must have in common to share one inference: the form of the answer, and how it waits, is timed and is tried
    /// again. So nobody waits behind a request that is less urgent, or fails for another's shorter patience.
    /// </summary>
    public static string TermsOf(InferenceRequest request)
    {
        var terms = new StringBuilder();
        terms.Append(CultureInfo.InvariantCulture, $"{request.Stream} {request.IncludeUsage} {request.Queue.Priority} {request.Queue.Timeout} {request.Timeout} ");
        terms.Append(CultureInfo.InvariantCulture, $"{request.FirstTokenTimeout} {request.Retries} {request.MaxFallbacks} {request.DisableFallbacks}");
        foreach (var target in request.Fallbacks)
        {
            terms.Append(CultureInfo.InvariantCulture, $" {target.Model.Length}:{target.Model}{Convert.ToHexStringLower(SHA256.HashData(target.Overrides.Span))}");
            terms.Append(CultureInfo.InvariantCulture, $" {(int)target.Kind} {target.Group?.Length ?? -1}:{target.Group}");
        }

        return terms.ToString();
    }

    private static void Write(Utf8JsonWriter json, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                WriteObject(json, value, FrozenSet<string>.Empty);
                break;
            case JsonValueKind.Array:
                json.WriteStartArray();
                foreach (var item in value.EnumerateArray()) Write(json, item);
                json.WriteEndArray();
                break;
            case JsonValueKind.String:
                json.WriteStringValue(value.GetString());
                break;
            default:
                json.WriteRawValue(value.GetRawText(), skipInputValidation: true);
                break;
        }
    }

    /// <summary>Null is what clients write for "not set". Fields of the same name keep their order.</summary>
    private static void WriteObject(Utf8JsonWriter json, JsonElement value, FrozenSet<string> left)
    {
        json.WriteStartObject();
        foreach (var member in value.EnumerateObject().OrderBy(m => m.Name, StringComparer.Ordinal))
        {
            if (left.Contains(member.Name)) continue;
            // Only at the top: inside a tool's schema a null may mean something.
            if (left.Count > 0 && member.Value.ValueKind == JsonValueKind.Null) continue;
            json.WritePropertyName(member.Name);
            Write(json, member.Value);
        }

        json.WriteEndObject();
    }
}
