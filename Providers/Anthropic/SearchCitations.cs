using System.Text.Json;

namespace OrleansLlm.Providers.Anthropic;

/// <summary>
/// What Claude has found by searching, told as OpenAI's annotations. Anthropic divides its answer into blocks, and cites for a whole one
/// (https://docs.claude.com/en/docs/agents-and-tools/tool-use/web-search-tool#citations): a message of a chat has one text, and places in it.
/// </summary>
internal sealed class SearchCitations
{
    /// <summary>Of one block, which is a sentence or two.</summary>
    private const int Most = 100;

    private readonly List<(string Url, string? Title)> _ofBlock = [];
    private long _characters, _begin;

    public void BeginBlock()
    {
        _begin = _characters;
        _ofBlock.Clear();
    }

    /// <param name="literal">A piece of the message's text.</param>
    public void Count(ReadOnlySpan<byte> literal) => _characters += Citations.CharactersIn(literal);

    /// <param name="citation">One of a document has no address, and is none of a chat's.</param>
    public void Add(ReadOnlySpan<byte> citation)
    {
        using var document = JsonDocument.Parse(citation.ToArray());
        if (_ofBlock.Count < Most && Citations.Text(document.RootElement, "url") is { } url) _ofBlock.Add((url, Citations.Text(document.RootElement, "title")));
    }

    public void EndBlock(ChunkWriter writer, List<UpstreamChunk> chunks)
    {
        foreach (var (url, title) in _ofBlock) writer.Annotation(chunks, Citations.OfUrl(url, title, _begin, _characters));
        _ofBlock.Clear();
    }
}
