using System.Buffers;
using System.Text.Json;

namespace OrleansLlm.Providers.OpenAi;

/// <summary>
/// Turns the client's request into the upstream's in one pass over its top level: model replaced, a stream with usage wherever that is to be had, defaults
/// added, gateway fields removed. Every other member is copied byte for byte: unknown fields, big numbers, escapes and duplicates are the
/// upstream's affair.
/// </summary>
internal static class OpenAiRewrite
{
    private static readonly HashSet<string> Controlled = ["model", "stream", "stream_options"];

    /// <summary>Servers disagree on encoding_format, and numbers are what all of them can send. OpenAI's own are sent what the client wants: base64 is a quarter of the bytes.</summary>
    private static readonly HashSet<string> ControlledInEmbedding = ["model", "stream", "stream_options", "encoding_format"];

    /// <summary>Fields that say the same thing: a default for one does not stand beside the body's other.</summary>
    private static readonly Dictionary<string, string> Synonyms = new()
    {
        ["max_tokens"] = "max_completion_tokens",
        ["max_completion_tokens"] = "max_tokens",
    };

    /// <exception cref="UpstreamException">The caller's fault: not a JSON object, or stream_options is of another type.</exception>
    public static ReadOnlyMemory<byte> Rewrite(UpstreamRequest request)
    {
        var provider = UpstreamProviders.Find(request.Provider);
        var body = DeveloperRole.SaidAsSystem(CacheMarks.LeftOutOf(Thoughts.LeftOutOf(request), request, provider), request, provider).Span;
        var output = new ArrayBufferWriter<byte>(body.Length + 512);
        var present = new HashSet<string>();
        var controlled = request.Operation == UpstreamOperation.Embedding && !provider.ServesOpenAisModels ? ControlledInEmbedding : Controlled;
        Range streamOptions = default, metadata = default, extraBody = default;
        var isStored = false;
        var isOpenAis = request.ApiBase is { } address && UpstreamProviders.AreOpenAis(provider.Name, address);
        output.Write("{"u8);
        try
        {
            var reader = new Utf8JsonReader(body, NestedJson.Reader);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                throw UpstreamException.CallerFault("", "The request body must be a JSON object.");
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var nameStart = (int)reader.TokenStartIndex;
                var name = reader.GetString()!;
                reader.Read();
                var valueStart = (int)reader.TokenStartIndex;
                var type = reader.TokenType;
                reader.Skip();
                var valueEnd = (int)reader.BytesConsumed;
                if (request.StripFields.Contains(name) || provider.RefusedHints.Contains(name)) continue;
                if (name == "stream_options")
                {
                    if (type is not (JsonTokenType.StartObject or JsonTokenType.Null))
                        throw UpstreamException.CallerFault("stream_options", "stream_options must be an object.");
                    streamOptions = type == JsonTokenType.Null ? default : valueStart..valueEnd;
                }

                if (controlled.Contains(name)) continue;
                if (name == "metadata")
                {
                    metadata = nameStart..valueEnd;
                    continue;
                }

                if (name == "extra_body" && type is JsonTokenType.StartObject or JsonTokenType.Null)
                {
                    extraBody = type == JsonTokenType.Null ? default : valueStart..valueEnd;
                    continue;
                }

                isStored |= name == "store" && type == JsonTokenType.True;
                present.Add(name);
                if (isOpenAis && name == "user" && type == JsonTokenType.String && LongUser.Shortened(reader.GetString()!) is { } user)
                {
                    Copy(output, body[nameStart..valueStart]);
                    WriteString(output, user);
                    continue;
                }

                Copy(output, body[nameStart..valueEnd]);
            }

            if (reader.TokenType != JsonTokenType.EndObject || reader.Read()) throw new JsonException();
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            throw UpstreamException.CallerFault("", "The request body is not valid JSON.");
        }

        // LiteLLM's clients send it for their logs; OpenAI takes it of what it is asked to store only.
        if (isStored && !metadata.Equals(default) && present.Add("metadata")) Copy(output, body[metadata]);
        if (!extraBody.Equals(default)) WriteExtra(output, body[extraBody], name => controlled.Contains(name) || request.StripFields.Contains(name) || provider.RefusedHints.Contains(name), present);
        WriteControlled(output, request, streamOptions.Equals(default) ? default : body[streamOptions]);
        foreach (var (name, value) in request.Defaults)
        {
            if (present.Contains(name) || controlled.Contains(name) || name is "messages" or "prompt" or "input" || request.StripFields.Contains(name)) continue;
            if (Synonyms.TryGetValue(name, out var synonym) && present.Contains(synonym)) continue;
            Separate(output);
            WriteString(output, name);
            output.Write(":"u8);
            using var json = new Utf8JsonWriter(output, JsonText.WriterOptions);
            value.WriteTo(json);
        }

        output.Write("}"u8);
        return output.WrittenMemory;
    }

    private static void WriteControlled(ArrayBufferWriter<byte> output, UpstreamRequest request, ReadOnlySpan<byte> streamOptions)
    {
        Separate(output);
        output.Write("\"model\":"u8);
        WriteString(output, request.Model);
        if (request.Operation == UpstreamOperation.Embedding) return;
        output.Write(request.Form == StreamForm.Whole ? ",\"stream\":false"u8 : ",\"stream\":true"u8);
        if (request.Form != StreamForm.StreamWithUsage) return;
        output.Write(",\"stream_options\":{\"include_usage\":true"u8);
        if (!streamOptions.IsEmpty) WriteMembers(output, streamOptions, static name => name != "include_usage");
        output.Write("}"u8);
    }

    private static void WriteExtra(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> extraBody, Func<string, bool> isLeftOut, HashSet<string> present) =>
        WriteMembers(output, extraBody, name => !isLeftOut(name) && present.Add(name));

    /// <summary>Those members of an object that are wanted, byte for byte, behind what is there.</summary>
    private static void WriteMembers(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> json, Func<string, bool> wanted)
    {
        var reader = new Utf8JsonReader(json, NestedJson.Reader);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var nameStart = (int)reader.TokenStartIndex;
            var name = reader.GetString()!;
            reader.Read();
            reader.Skip();
            if (wanted(name)) Copy(output, json[nameStart..(int)reader.BytesConsumed]);
        }
    }

    private static void Copy(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> member)
    {
        Separate(output);
        output.Write(member);
    }

    private static void Separate(ArrayBufferWriter<byte> output)
    {
        if (output.WrittenCount > 1) output.Write(","u8);
    }

    private static void WriteString(ArrayBufferWriter<byte> output, string text)
    {
        output.Write("\""u8);
        output.Write(JsonEncodedText.Encode(text, JsonText.Encoder).EncodedUtf8Bytes);
        output.Write("\""u8);
    }
}
