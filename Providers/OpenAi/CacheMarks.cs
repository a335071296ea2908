using System.Text.Json;

namespace OrleansLlm.Providers.OpenAi;

/// <summary>
/// <c>cache_control</c>: up to where a client wants its prompt cached, Claude's word in OpenAI's messages and tools. Agents send it whatever model they talk to. Services that keep to
/// OpenAI's schema refuse it, and cache by themselves.
/// </summary>
public static class CacheMarks
{
    private static ReadOnlySpan<byte> Quoted => "\"cache_control\""u8;

    /// <summary>OpenAI's own word for the same.</summary>
    private static ReadOnlySpan<byte> OpenAis => "prompt_cache_breakpoint"u8;

    /// <summary>
    /// The body without them, where its service refuses them: none at the request, its messages, their parts and calls, its tools and their functions. Further down they are the client's own words.
    /// </summary>
    internal static ReadOnlyMemory<byte> LeftOutOf(ReadOnlyMemory<byte> body, UpstreamRequest request, UpstreamProvider provider)
    {
        if (request.Operation != UpstreamOperation.Chat || body.Span.IndexOf(Quoted) < 0) return body;
        if (!provider.RefusesCacheMarks && Thoughts.Reads(provider, request.ApiBase)) return body;
        return Splices.Edit(body, Find);
    }

    /// <summary>There are some, in whosesoever words.</summary>
    public static bool MayBeIn(ReadOnlyMemory<byte> json) => json.Span.IndexOf(Quoted) >= 0 || json.Span.IndexOf(OpenAis) >= 0;

    /// <summary>Messages, with a comma between them, without any.</summary>
    public static ReadOnlyMemory<byte> LeftOutOfMessages(ReadOnlyMemory<byte> messages)
    {
        if (!MayBeIn(messages)) return messages;
        byte[] list = [.. "["u8, .. messages.Span, .. "]"u8];
        return Splices.Edit(list, FindInMessages)[1..^1];
    }

    private static void FindInMessages(ReadOnlySpan<byte> list, Splices splices)
    {
        var reader = new Utf8JsonReader(list, NestedJson.Reader);
        if (reader.Read()) Value(ref reader, Place.Message, isAny: true, splices);
    }

    private static void Find(ReadOnlySpan<byte> body, Splices splices)
    {
        var reader = new Utf8JsonReader(body, NestedJson.Reader);
        if (reader.Read() && reader.TokenType == JsonTokenType.StartObject) Object(ref reader, Place.Request, isAny: false, splices);
    }

    private static void Object(ref Utf8JsonReader reader, Place place, bool isAny, Splices splices)
    {
        // Where the last member that stays has ended: what goes, goes with the comma before it, or, if it is the first, with the one behind.
        int? last = null;
        int? opened = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = (int)reader.TokenStartIndex;
            if (opened is { } from)
            {
                splices.Replace(from, name, []);
                opened = null;
            }

            if (reader.ValueTextEquals("cache_control"u8) || (isAny && reader.ValueTextEquals(OpenAis)))
            {
                reader.Read();
                reader.Skip();
                var end = (int)reader.BytesConsumed;
                if (last is { } before)
                {
                    splices.Replace(before, end, []);
                    last = end;
                }
                else
                {
                    opened = name;
                }

                continue;
            }

            var within = Within(place, ref reader);
            reader.Read();
            Value(ref reader, within, isAny, splices);
            last = (int)reader.BytesConsumed;
        }

        // It was the only one.
        if (opened is { } alone) splices.Replace(alone, (int)reader.TokenStartIndex, []);
    }

    private static void Value(ref Utf8JsonReader reader, Place place, bool isAny, Splices splices)
    {
        if (place == Place.Elsewhere)
        {
            reader.Skip();
        }
        else if (reader.TokenType == JsonTokenType.StartObject && place is Place.Function)
        {
            Object(ref reader, place, isAny, splices);
        }
        else if (reader.TokenType == JsonTokenType.StartArray && place is not Place.Function)
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (reader.TokenType == JsonTokenType.StartObject) Object(ref reader, place, isAny, splices);
                else reader.Skip();
            }
        }
        else
        {
            reader.Skip();
        }
    }

    private static Place Within(Place place, ref Utf8JsonReader reader) => place switch
    {
        Place.Request when reader.ValueTextEquals("messages"u8) => Place.Message,
        Place.Request when reader.ValueTextEquals("tools"u8) => Place.Tool,
        Place.Message when reader.ValueTextEquals("content"u8) || reader.ValueTextEquals("tool_calls"u8) => Place.Part,
        Place.Tool when reader.ValueTextEquals("function"u8) => Place.Function,
        _ => Place.Elsewhere,
    };

    /// <summary>What an object is, or what those of a list are.</summary>
    private enum Place
    {
        Elsewhere,
        Request,
        Message,
        Part,
        Tool,
        Function,
    }
}
