using System.Text.Json;
using System.Text.Unicode;

namespace OrleansLlm.Bench.Fuzz;

/// <summary>Whether bytes are what their content type says.</summary>
internal static class Wire
{
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 2000 };

    /// <returns>What is wrong; null: nothing.</returns>
    public static string? Check(string? contentType, byte[] body)
    {
        var type = (contentType ?? "").Split(';')[0].Trim();
        if (type is not ("application/json" or "text/event-stream" or "application/x-ndjson")) return null;
        if (!Utf8.IsValid(body)) return $"{type} that is no UTF-8";
        return type switch
        {
            "application/json" => IsJson(body) ? null : "application/json that is no JSON",
            "text/event-stream" => Events(body),
            _ => Lines(body).All(IsJson) ? null : "a line that is no JSON",
        };
    }

    public static IEnumerable<ReadOnlyMemory<byte>> Lines(byte[] body)
    {
        for (var at = 0; at < body.Length;)
        {
            var end = body.AsSpan(at).IndexOf((byte)'\n');
            var length = end < 0 ? body.Length - at : end;
            if (length > 0) yield return body.AsMemory(at, length);
            at += length + 1;
        }
    }

    /// <summary>The data of each event.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> Data(byte[] body) => Lines(body).Where(l => l.Span.StartsWith("data: "u8)).Select(l => l[6..]);

    public static bool IsJson(ReadOnlyMemory<byte> text)
    {
        try
        {
            using var document = JsonDocument.Parse(text, Deep);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string? Events(byte[] body)
    {
        if (body.Length > 0 && !body.AsSpan().EndsWith("\n\n"u8)) return "a stream that ends within an event";
        foreach (var line in Lines(body))
        {
            var isKnown = line.Span.StartsWith("data: "u8) || line.Span.StartsWith("event: "u8) || line.Span.StartsWith("id: "u8) || line.Span.StartsWith(": "u8);
            if (!isKnown) return "a line in a stream that is none of an event";
        }

        return Data(body).All(d => d.Span.SequenceEqual("[DONE]"u8) || IsJson(d)) ? null : "an event whose data is no JSON";
    }
}
