namespace OrleansLlm.Providers.Responses;

/// <summary>The calls of an answer, by the place of their items in its output: the service numbers items of all kinds, a chat its calls alone.</summary>
internal sealed class ResponsesCalls(UpstreamRequest request, ChunkWriter writer)
{
    /// <summary>Of calls that have begun and not ended.</summary>
    private const int MostOpen = 1000;

    private readonly Dictionary<int, Call> _open = [];

    public int Count { get; private set; }

    /// <param name="words">The arguments or the input, as a JSON string, as far as they are known; empty: not at all.</param>
    /// <exception cref="UpstreamException">TooLarge.</exception>
    public void Begin(List<UpstreamChunk> chunks, int place, bool isCustom, string? id, string? name, ReadOnlySpan<byte> words)
    {
        if (_open.ContainsKey(place)) return;
        if (_open.Count == MostOpen) throw UpstreamException.Of(FailureKind.TooLarge, $"The answer has more than {MostOpen} calls at once.");
        var call = new Call(Count++, isCustom);
        _open[place] = call;
        id = string.IsNullOrEmpty(id) ? CallIds.Of(request, call.Number) : id;
        if (isCustom) writer.CustomCall(chunks, call.Number, id, name ?? "");
        else writer.Call(chunks, call.Number, id, name ?? "", "");
        Tell(chunks, call, words);
    }

    /// <summary>A piece of the arguments or the input of a call.</summary>
    public void Go(List<UpstreamChunk> chunks, int place, ReadOnlySpan<byte> words)
    {
        if (_open.TryGetValue(place, out var call)) Tell(chunks, call, words);
    }

    /// <summary>The words of a call are told whole: what was not told piece by piece is told now.</summary>
    public void Complete(List<UpstreamChunk> chunks, int place, ReadOnlySpan<byte> words)
    {
        if (_open.TryGetValue(place, out var call) && !call.HasWords) Tell(chunks, call, words);
    }

    public void End(List<UpstreamChunk> chunks, int place)
    {
        if (_open.Remove(place, out var call)) Close(chunks, call);
    }

    public void EndAll(List<UpstreamChunk> chunks)
    {
        foreach (var call in _open.Values) Close(chunks, call);
        _open.Clear();
    }

    /// <summary>A call without arguments still has an empty object of them.</summary>
    private void Close(List<UpstreamChunk> chunks, Call call)
    {
        if (!call.HasWords && !call.IsCustom) Tell(chunks, call, "\"{}\""u8);
    }

    private void Tell(List<UpstreamChunk> chunks, Call call, ReadOnlySpan<byte> words)
    {
        if (words.Length <= 2) return;
        call.HasWords = true;
        if (call.IsCustom) writer.Input(chunks, call.Number, words);
        else writer.Arguments(chunks, call.Number, words);
    }

    private sealed class Call(int number, bool isCustom)
    {
        public int Number => number;

        public bool IsCustom => isCustom;

        public bool HasWords { get; set; }
    }
}
