using System.Buffers;
using System.Text.Json;

namespace OrleansLlm.Api.Responses;

/// <summary>Where words are from: a chat's annotation has what it says one level deeper, and places in the whole text of the message.</summary>
internal static class UrlCitation
{
    /// <param name="begin">Characters of the message before the part that has it.</param>
    /// <returns>Null: it is another kind of annotation, or none.</returns>
    public static byte[]? Of(JsonElement annotation, long begin)
    {
        if (JsonTexts.Of(annotation, "type") != "url_citation" || !annotation.TryGetProperty("url_citation", out var citation)) return null;
        if (JsonTexts.Of(citation, "url") is not { } url || PlaceIn(citation, "start_index") is not { } start || PlaceIn(citation, "end_index") is not { } end) return null;
        if (start < begin || end < start) return null;
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output, ResponseJson.Relaxed))
        {
            json.WriteStartObject();
            json.WriteString("type", "url_citation");
            json.WriteNumber("start_index", start - begin);
            json.WriteNumber("end_index", end - begin);
            json.WriteString("url", url);
            json.WriteString("title", JsonTexts.Of(citation, "title") ?? "");
            json.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>Code points: of two halves one counts.</summary>
    public static int Characters(string text)
    {
        var count = text.Length;
        foreach (var one in text)
        {
            if (char.IsLowSurrogate(one)) count--;
        }

        return count;
    }

    private static long? PlaceIn(JsonElement citation, string name) =>
        citation.TryGetProperty(name, out var place) && place.ValueKind == JsonValueKind.Number && place.TryGetInt64(out var number) ? number : null;
}
