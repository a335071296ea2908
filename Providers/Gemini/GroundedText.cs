using System.Text;
using System.Text.Json;

namespace OrleansLlm.Providers.Gemini;

/// <summary>
/// An answer's text and what Google has found for it (<c>groundingMetadata</c>, https://ai.google.dev/gemini-api/docs/google-search), told as OpenAI's annotations.
/// Google counts a text's bytes, OpenAI its characters.
/// </summary>
internal sealed class GroundedText
{
    /// <summary>Of text that is kept for counting: no answer is as long. What is cited behind them is not told.</summary>
    private const int MostCharacters = 1024 * 1024;

    /// <summary>Of one answer.</summary>
    private const int MostCitations = 1000;

    private readonly StringBuilder _text = new();
    private readonly List<(string Url, string? Title, int Start, int End)> _citations = [];

    public void Add(JsonElement text)
    {
        if (_text.Length < MostCharacters) JsonText.AppendText(_text, text);
    }

    /// <summary>What comes later is of the whole answer again.</summary>
    public void Take(JsonElement metadata)
    {
        if (Items(metadata, "groundingSupports") is not { Count: > 0 } supports || Items(metadata, "groundingChunks") is not { Count: > 0 } sources) return;
        _citations.Clear();
        foreach (var support in supports)
        {
            if (support.ValueKind != JsonValueKind.Object || !support.TryGetProperty("segment", out var segment) || segment.ValueKind != JsonValueKind.Object) continue;
            // What is 0 is not said.
            var (start, end) = (Number(segment, "startIndex") ?? 0, Number(segment, "endIndex") ?? -1);
            foreach (var index in Items(support, "groundingChunkIndices"))
            {
                if (index.ValueKind == JsonValueKind.Number && index.TryGetInt32(out var at) && at >= 0 && at < sources.Count) Add(sources[at], start, end);
            }
        }
    }

    public void Tell(ChunkWriter writer, int choice, List<UpstreamChunk> chunks)
    {
        if (_citations.Count == 0) return;
        var text = Encoding.UTF8.GetBytes(_text.ToString());
        var characters = CharactersBefore(text, _citations.SelectMany(one => new[] { one.Start, one.End }));
        foreach (var (url, title, start, end) in _citations)
        {
            if (start < 0 || end < start || end > text.Length) continue;
            writer.Annotation(chunks, Citations.OfUrl(url, title, characters[start], characters[end]), choice);
        }
    }

    /// <summary>Of each place that lies in the text. The text is gone through once, however many there are.</summary>
    internal static Dictionary<int, long> CharactersBefore(ReadOnlySpan<byte> text, IEnumerable<int> places)
    {
        var before = new Dictionary<int, long>();
        var (at, count) = (0, 0L);
        foreach (var place in places.Where(place => place >= 0).Distinct().Order())
        {
            if (place > text.Length) break;
            count += Citations.InUtf8(text[at..place]);
            before[at = place] = count;
        }

        return before;
    }

    private void Add(JsonElement source, int start, int end)
    {
        if (_citations.Count >= MostCitations || source.ValueKind != JsonValueKind.Object || !source.TryGetProperty("web", out var web) || web.ValueKind != JsonValueKind.Object) return;
        if (Citations.Text(web, "uri") is { } url) _citations.Add((url, Citations.Text(web, "title"), start, end));
    }

    private static int? Number(JsonElement from, string name) =>
        from.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number : null;

    private static List<JsonElement> Items(JsonElement from, string name) =>
        from.ValueKind == JsonValueKind.Object && from.TryGetProperty(name, out var items) && items.ValueKind == JsonValueKind.Array ? [.. items.EnumerateArray()] : [];
}
