using System.Text;

namespace OrleansLlm.Providers.OpenAi;

/// <summary>
/// The tool calls of one choice, each with a number and an id of its own where the upstream gives none, or several of them the same.
/// </summary>
internal sealed class KnownCalls(UpstreamRequest request, int choice)
{
    private readonly Dictionary<string, KnownCall> _byId = [];
    private readonly Dictionary<int, KnownCall> _byIndex = [];
    private readonly HashSet<int> _taken = [];
    private KnownCall? _last;
    private int _highest = -1, _array;

    /// <summary>A new array of pieces begins.</summary>
    public void BeginArray() => _array++;

    /// <summary>The call that a piece belongs to.</summary>
    /// <param name="index">As the upstream gives it.</param>
    /// <param name="id">As the upstream gives it; empty: it gives none.</param>
    /// <param name="hasName">The piece names its function, so that a call may begin with it.</param>
    public KnownCall Of(int? index, ReadOnlySpan<byte> id, bool hasName)
    {
        var call = index is { } given ? _byIndex.GetValueOrDefault(given) : Unnumbered(id, hasName);
        if (call is null || IsAnother(call, index is not null, id, hasName)) call = Begin(index, id);
        else if (call.GivenId.Length == 0 && !id.IsEmpty) call.GivenId = id.ToArray();
        call.Array = _array;
        return _last = call;
    }

    /// <summary>Mistral and Gemini send calls without an index: a new id or a new name is a new call.</summary>
    private KnownCall? Unnumbered(ReadOnlySpan<byte> id, bool hasName)
    {
        if (!id.IsEmpty) return _byId.GetValueOrDefault(Encoding.UTF8.GetString(id));
        return hasName ? null : _last;
    }

    /// <summary>
    /// Google's service for OpenAI's clients gives all calls the index 0: there another id with a name is another call. Nor are two pieces that name their
    /// function, side by side in one chunk, ever of one call.
    /// </summary>
    private bool IsAnother(KnownCall call, bool isNumbered, ReadOnlySpan<byte> id, bool hasName)
    {
        if (!hasName) return false;
        return call.Array == _array || (isNumbered && !id.IsEmpty && call.GivenId.Length > 0 && !id.SequenceEqual(call.GivenId));
    }

    private KnownCall Begin(int? index, ReadOnlySpan<byte> id)
    {
        var number = index is { } given && !_taken.Contains(given) ? given : _highest + 1;
        _taken.Add(number);
        _highest = Math.Max(_highest, number);
        var call = new KnownCall(number) { GivenId = id.ToArray() };
        // Older servers leave the id out or empty, some give all calls the same; the client could not say which of them a result is of.
        if (id.IsEmpty || !_byId.TryAdd(Encoding.UTF8.GetString(id), call)) call.OurId = JsonText.Quote(CallIds.Of(request, number, choice));
        _byIndex[index ?? number] = call;
        return call;
    }
}

/// <summary>One of them.</summary>
internal sealed class KnownCall(int number)
{
    public int Number => number;

    /// <summary>The upstream's; empty: none yet.</summary>
    public byte[] GivenId { get; set; } = [];

    /// <summary>A JSON string; null: the upstream's is good.</summary>
    public byte[]? OurId { get; set; }

    /// <summary>The client was told of it.</summary>
    public bool HasBegun { get; set; }

    /// <summary>The last array that had a piece of it.</summary>
    public int Array { get; set; }
}
