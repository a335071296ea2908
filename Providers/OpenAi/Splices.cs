using System.Text.Json;

namespace OrleansLlm.Providers.OpenAi;

/// <summary>Looks for what is to be changed in a JSON text.</summary>
internal delegate void SpliceFinder(ReadOnlySpan<byte> text, Splices splices);

/// <summary>Changes to a JSON text: everything between them is copied as it stands.</summary>
internal sealed class Splices
{
    private readonly List<(int Start, int End, byte[] Text)> _splices = [];
    private int _growth;

    public bool IsEmpty => _splices.Count == 0;

    /// <summary>A request's body with what was found changed; one that is no JSON stays as it is: whoever reads it next tells the caller.</summary>
    public static ReadOnlyMemory<byte> Edit(ReadOnlyMemory<byte> body, SpliceFinder find)
    {
        var splices = new Splices();
        try
        {
            find(body.Span, splices);
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            return body;
        }

        return splices.IsEmpty ? body : splices.Apply(body.Span);
    }

    public void Clear()
    {
        _splices.Clear();
        _growth = 0;
    }

    public void Replace(int start, int end, byte[] with)
    {
        // In order of position; nearly always they are found in it.
        var at = _splices.Count;
        while (at > 0 && _splices[at - 1].Start > start) at--;
        _splices.Insert(at, (start, end, with));
        _growth += with.Length - (end - start);
    }

    public void Insert(int at, byte[] text) => Replace(at, at, text);

    /// <summary>By how much what stands at a position moves.</summary>
    public int ShiftAt(int position)
    {
        var shift = 0;
        foreach (var (start, end, replacement) in _splices)
        {
            if (start < position) shift += replacement.Length - (end - start);
        }

        return shift;
    }

    /// <summary>The changed text, in an array of its own: the one allocation of a forwarded chunk.</summary>
    public byte[] Apply(ReadOnlySpan<byte> text)
    {
        var result = GC.AllocateUninitializedArray<byte>(text.Length + _growth);
        var (from, to) = (0, 0);
        foreach (var (start, end, replacement) in _splices)
        {
            text[from..start].CopyTo(result.AsSpan(to));
            to += start - from;
            replacement.CopyTo(result.AsSpan(to));
            to += replacement.Length;
            from = end;
        }

        text[from..].CopyTo(result.AsSpan(to));
        return result;
    }
}
