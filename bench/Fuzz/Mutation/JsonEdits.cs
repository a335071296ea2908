using System.Text;
using System.Text.Json;

namespace OrleansLlm.Bench.Fuzz.Mutation;

/// <summary>Edits of a JSON text that know its structure: what comes out mostly still is JSON, and not what was expected.</summary>
internal static class JsonEdits
{
    private static readonly int[] Depths = [2, 10, 61, 63, 64, 65, 200, 2000];

    private static readonly Func<Dice, byte[], List<JsonPlace>, byte[]>[] All =
        [Replaced, Replaced, Replaced, Removed, Removed, Doubled, Renamed, Swapped, Wrapped, Nested, Repeated, Spoilt, Spoilt, Added, Added, Emptied];

    /// <summary>Names that are worth adding anywhere: those that some reader of a request or an answer looks for.</summary>
    private static readonly string[] Names =
    [
        "", "a", "type", "id", "index", "role", "content", "text", "name", "function", "arguments", "tool_calls", "tool_call_id", "input", "output", "model", "stream", "n", "stop", "user", "choices", "delta", "message",
        "finish_reason", "usage", "error", "code", "status", "details", "data", "embedding", "object", "created", "parts", "candidates", "done", "thinking", "reasoning_content", "logprobs", "refusal", "image_url", "url",
        "metadata", "max_tokens", "temperature", "conversation_id", "conversation", "fallbacks", "cache", "priority", "queue_timeout", "timeout", "num_retries", "stream_options", "response_format", "tools", "tool_choice",
        "options", "format", "keep_alive", "prompt", "suffix", "images", "system", "template", "store", "background", "include", "previous_response_id", "signature", "cache_control", "source", "parameters", "input_schema",
    ];

    public static byte[] Edit(Dice dice, byte[] json)
    {
        var places = JsonPlaces.Find(json);
        return places.Count == 0 ? ByteEdits.Edit(dice, json) : dice.Pick(All)(dice, json, places);
    }

    private static byte[] Replaced(Dice dice, byte[] json, List<JsonPlace> places)
    {
        var at = dice.Pick(places);
        return Splice.Replace(json, at.Start, at.End, dice.Pick(Weird.Values));
    }

    private static byte[] Removed(Dice dice, byte[] json, List<JsonPlace> places) => Splice.Remove(json, dice.Pick(places));

    /// <summary>A name twice, or an element once more.</summary>
    private static byte[] Doubled(Dice dice, byte[] json, List<JsonPlace> places)
    {
        var at = dice.Pick(places);
        if (at.IsRoot) return Splice.Insert(json, at.End, json.AsSpan(at.Start..at.End));
        var again = Join(","u8, json.AsSpan(at.Member..at.Start), dice.OneIn(2) ? dice.Pick(Weird.Values) : json.AsSpan(at.Start..at.End));
        return Splice.Insert(json, at.End, again);
    }

    private static byte[] Renamed(Dice dice, byte[] json, List<JsonPlace> places)
    {
        var at = dice.Pick(places);
        return at.HasName ? Splice.Replace(json, at.Member, at.NameEnd, Name(dice)) : Replaced(dice, json, places);
    }

    /// <summary>One value in the place of another.</summary>
    private static byte[] Swapped(Dice dice, byte[] json, List<JsonPlace> places)
    {
        var (from, to) = (dice.Pick(places), dice.Pick(places));
        return Splice.Replace(json, to.Start, to.End, json.AsSpan(from.Start..from.End));
    }

    private static byte[] Wrapped(Dice dice, byte[] json, List<JsonPlace> places)
    {
        var at = dice.Pick(places);
        var value = json.AsSpan(at.Start..at.End);
        return Splice.Replace(json, at.Start, at.End, dice.Below(3) switch
        {
            0 => Join("["u8, value, "]"u8),
            1 => Join(Join("{"u8, Name(dice), ":"u8), value, "}"u8),
            _ => Join("\""u8, Encoding.UTF8.GetBytes(JsonEncodedText.Encode(Encoding.Latin1.GetString(value)).ToString()), "\""u8),
        });
    }

    private static byte[] Nested(Dice dice, byte[] json, List<JsonPlace> places)
    {
        var at = dice.Pick(places);
        var depth = dice.Pick(Depths);
        var (open, close) = dice.OneIn(2) ? ("[", "]") : ("{\"a\":", "}");
        var nested = string.Concat(Enumerable.Repeat(open, depth)) + "0" + string.Concat(Enumerable.Repeat(close, depth));
        return Splice.Replace(json, at.Start, at.End, Encoding.ASCII.GetBytes(nested));
    }

    private static byte[] Repeated(Dice dice, byte[] json, List<JsonPlace> places)
    {
        var at = dice.Pick(places);
        if (at.HasName || at.IsRoot || at.End - at.Start > 1000) return Doubled(dice, json, places);
        var once = Join(","u8, json.AsSpan(at.Start..at.End), []);
        var many = new byte[once.Length * (1 + dice.Below(60))];
        for (var i = 0; i < many.Length; i += once.Length) once.CopyTo(many, i);
        return Splice.Insert(json, at.End, many);
    }

    /// <summary>Something odd in the middle of a text, or digits changed.</summary>
    private static byte[] Spoilt(Dice dice, byte[] json, List<JsonPlace> places)
    {
        var at = dice.Pick(places);
        if (at.Kind == JsonTokenType.Number) return Splice.Insert(json, at.Start + dice.Below(at.End - at.Start + 1), dice.Pick((byte[][])["-"u8.ToArray(), "."u8.ToArray(), "e9"u8.ToArray(), "000"u8.ToArray(), "9"u8.ToArray()]));
        if (at.Kind != JsonTokenType.String) return Replaced(dice, json, places);
        var inside = at.Start + 1 + dice.Below(at.End - at.Start - 1);
        return dice.OneIn(4) ? Splice.Replace(json, inside, at.End - 1, []) : Splice.Insert(json, inside, dice.Pick(Weird.Fragments));
    }

    /// <summary>A member more.</summary>
    private static byte[] Added(Dice dice, byte[] json, List<JsonPlace> places)
    {
        var objects = places.Where(p => p.Kind == JsonTokenType.StartObject).ToList();
        if (objects.Count == 0) return Replaced(dice, json, places);
        var at = dice.Pick(objects);
        var isEmpty = json.AsSpan(at.Start + 1, at.End - at.Start - 2).IndexOf((byte)':') < 0;
        return Splice.Insert(json, at.Start + 1, Join(Join(Name(dice), ":"u8, dice.Pick(Weird.Values)), isEmpty ? [] : ","u8, []));
    }

    private static byte[] Emptied(Dice dice, byte[] json, List<JsonPlace> places)
    {
        var at = dice.Pick(places);
        return Splice.Replace(json, at.Start, at.End, at.Kind switch { JsonTokenType.StartObject => "{}"u8, JsonTokenType.StartArray => "[]"u8, JsonTokenType.String => "\"\""u8, _ => "null"u8 });
    }

    private static byte[] Name(Dice dice) => dice.OneIn(30) ? "\"\\ud800\""u8.ToArray() : Encoding.UTF8.GetBytes($"\"{dice.Pick(Names)}\"");

    private static byte[] Join(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, ReadOnlySpan<byte> c) => [.. a, .. b, .. c];
}
