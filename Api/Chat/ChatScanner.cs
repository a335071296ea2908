using System.Text.Json;
using OrleansLlm.Api.Anthropic;
using OrleansLlm.Api.Caching;
using OrleansLlm.Api.Errors;
using OrleansLlm.Catalog;

namespace OrleansLlm.Api.Chat;

/// <summary>
/// One pass over a request: checks that it is JSON, that the fields OpenAI names have the types it names, and picks out the few that
/// the gateway needs. Everything else stays bytes and unknown fields are let through.
/// </summary>
internal static class ChatScanner
{
    private const int MaxDepth = 64;

    private static readonly JsonReaderOptions Strict = new() { MaxDepth = MaxDepth };

    public static ChatFields Scan(ReadOnlySpan<byte> body) => Scan(body, FieldTable.Chat);

    /// <param name="isTranslated">From Claude's own words: only then may a message have its blocks, see <see cref="AssistantContent"/>.</param>
    public static ChatFields Scan(ReadOnlySpan<byte> body, FieldTable table, bool isTranslated = false)
    {
        try
        {
            return ScanObject(body, table, isTranslated);
        }
        catch (JsonException e)
        {
            throw Invalid(e);
        }
    }

    /// <summary>For the doors that read their request otherwise: the same bound and the same words.</summary>
    /// <exception cref="RequestException">It is no JSON object.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> body)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = MaxDepth });
        }
        catch (JsonException e)
        {
            throw Invalid(e);
        }

        if (document.RootElement.ValueKind == JsonValueKind.Object) return document;
        var found = document.RootElement.ValueKind.ToString().ToLowerInvariant();
        document.Dispose();
        throw new RequestException(ApiError.BadRequest($"The request body must be a JSON object, not of type {found}.", null));
    }

    private static RequestException Invalid(JsonException e)
    {
        var where = e.LineNumber is { } line ? $" at line {line + 1}, byte {e.BytePositionInLine}" : "";
        var tooDeep = e.Message.Contains("maximum configured depth", StringComparison.Ordinal);
        return new RequestException(tooDeep
            ? ApiError.BadRequest($"The request body is nested deeper than {MaxDepth} levels{where}.", null, "nested_too_deep")
            : ApiError.BadRequest($"The request body is not valid JSON{where}.", null, "invalid_json"));
    }

    private static ChatFields ScanObject(ReadOnlySpan<byte> body, FieldTable table, bool isTranslated)
    {
        var fields = new ChatFields();
        var hasPrompt = false;
        FallbackLists? fallbacks = null;
        var reader = new Utf8JsonReader(body, Strict);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new RequestException(ApiError.BadRequest($"The request body must be a JSON object, not {FieldType.NameOf(reader.TokenType)}.", null));
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var field = table.Find(ref reader);
            reader.Read();
            if (field is null)
            {
                reader.Skip();
                continue;
            }

            field.Check(ref reader);
            if (field.Name == table.Prompt) hasPrompt = true;
            if (field.Name == "messages")
            {
                var messages = MessageScanner.Scan(ref reader, body, isTranslated);
                (fields.Turn, fields.Follows, fields.FirstTurn) = (messages.Turn, messages.Follows, messages.First);
                fields.PromptBytes += messages.TextBytes;
            }
            else if (FallbackLists.KindOf(field.Name) is { } kind)
            {
                (fallbacks ??= new FallbackLists()).Read(kind, field.Name, ref reader, body);
            }
            else
            {
                Take(field.Name, ref reader, fields);
            }
        }

        if (fallbacks is not null) fields.Fallbacks = fallbacks.All();

        // Trailing bytes after the object make the reader throw.
        while (reader.Read())
        {
        }

        if (!hasPrompt) throw new RequestException(ApiError.BadRequest($"Missing required parameter: '{table.Prompt}'.", table.Prompt, "missing_required_parameter"));
        return fields;
    }

    private static void Take(string name, ref Utf8JsonReader reader, ChatFields fields)
    {
        var isNull = reader.TokenType == JsonTokenType.Null;
        switch (name)
        {
            case "model":
                fields.Model = isNull ? null : reader.GetString();
                break;
            case "stream":
                fields.Stream = reader.TokenType == JsonTokenType.True;
                break;
            case "user":
                fields.User = isNull ? null : reader.GetString();
                break;
            case "disable_fallbacks":
                fields.DisableFallbacks = reader.TokenType == JsonTokenType.True;
                break;
            case "timeout" or "request_timeout":
                fields.Timeout = isNull ? null : reader.GetDouble();
                break;
            case "num_retries":
                fields.Retries = isNull ? null : (int)reader.GetDouble();
                break;
            case "stream_timeout":
                fields.StreamTimeout = isNull ? null : reader.GetDouble();
                break;
            case "max_fallbacks":
                fields.MaxFallbacks = isNull ? null : (int)reader.GetDouble();
                break;
            case "mock_response":
                if (reader.TokenType is not (JsonTokenType.Null or JsonTokenType.False)) fields.Unmet = fields.Unmet.Add("mock_response");
                reader.Skip();
                break;
            case "guardrails":
                var from = reader.TokenStartIndex;
                var asksForSome = reader.TokenType is JsonTokenType.String or JsonTokenType.StartArray or JsonTokenType.StartObject;
                reader.Skip();
                // More than its brackets.
                if (asksForSome && reader.BytesConsumed - from > 2) fields.Unmet = fields.Unmet.Add("guardrails");
                break;
            case "mock_testing_fallbacks" when reader.TokenType == JsonTokenType.True:
                fields.SimulatedFailure = FallbackKind.General;
                break;
            case "mock_testing_context_fallbacks" or "mock_testing_context_window_fallbacks" when reader.TokenType == JsonTokenType.True:
                fields.SimulatedFailure ??= FallbackKind.ContextWindow;
                break;
            case "mock_testing_content_policy_fallbacks" when reader.TokenType == JsonTokenType.True:
                fields.SimulatedFailure ??= FallbackKind.ContentPolicy;
                break;
            case "max_tokens" or "max_completion_tokens":
                // The wider of the two, where a client writes both.
                if (!isNull && reader.GetDouble() is > 0 and var most) fields.MaxTokens = Math.Max(fields.MaxTokens ?? 0, (long)Math.Min(most, int.MaxValue));
                break;
            case "n":
                if (!isNull) fields.Choices = (long)Math.Min(reader.GetDouble(), int.MaxValue);
                break;
            case "prompt" or "input":
                fields.PromptBytes += PromptScanner.Scan(name, ref reader);
                break;
            case "tools":
                fields.PromptBytes += PromptLength.Skip(ref reader);
                break;
            case "conversation_id":
                fields.Conversation = isNull ? null : reader.GetString();
                break;
            case "cache":
                fields.Cache = isNull ? null : CacheControls.Scan(ref reader);
                break;
            case "queue_timeout":
                fields.QueueTimeout = isNull ? null : reader.GetDouble();
                break;
            case "priority":
                fields.Priority = isNull ? null : (int)reader.GetDouble();
                break;
            case "merge_reasoning_content_in_choices":
                fields.MergesThoughts = isNull ? null : reader.TokenType == JsonTokenType.True;
                break;
            case "tags":
                TagScanner.Scan(name, ref reader, fields);
                break;
            case "metadata" or "litellm_metadata":
                TagScanner.ScanMetadata(name, ref reader, fields);
                break;
            case "stream_options":
                fields.IncludeUsage = ScanStreamOptions(ref reader);
                break;
            default:
                reader.Skip();
                break;
        }
    }

    private static bool ScanStreamOptions(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Null) return false;
        var includeUsage = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isUsage = reader.ValueTextEquals("include_usage"u8);
            reader.Read();
            if (!isUsage)
            {
                reader.Skip();
                continue;
            }

            if (reader.TokenType is not (JsonTokenType.True or JsonTokenType.False or JsonTokenType.Null))
            {
                throw FieldType.Wrong("stream_options.include_usage", "a boolean", reader.TokenType);
            }

            includeUsage = reader.TokenType == JsonTokenType.True;
        }

        return includeUsage;
    }
}
