namespace OrleansLlm.Providers.Gemini;

/// <summary>Pieces that are base64 each for itself, as one text in pieces: what stands in the middle of it must have no padding.</summary>
internal sealed class JoinedBase64
{
    private byte[] _rest = [];

    /// <summary>The next piece of the text; what does not fill a group of four characters waits for the next.</summary>
    /// <exception cref="FormatException">It is no base64.</exception>
    public string Add(string piece)
    {
        byte[] bytes = [.. _rest, .. Convert.FromBase64String(piece)];
        var whole = bytes.Length - (bytes.Length % 3);
        _rest = bytes[whole..];
        return Convert.ToBase64String(bytes, 0, whole);
    }

    /// <summary>The end of the text; empty: it has been told.</summary>
    public string Rest()
    {
        var last = Convert.ToBase64String(_rest);
        _rest = [];
        return last;
    }
}
