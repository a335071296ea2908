namespace OrleansLlm.Api.Doors;

/// <summary>Whether the pieces of a JSON object, seen so far, make a whole one. It trusts that they are JSON: what they are not, they are never whole of.</summary>
internal sealed class JsonExtent
{
    private int _depth;
    private bool _inText;
    private bool _escaped;
    private bool _begun;

    /// <summary>The object that was begun has been closed.</summary>
    public bool IsWhole => _begun && _depth == 0 && !_inText;

    /// <param name="quoted">A piece as it stands in a JSON string, without its quotes: with one more layer of escapes.</param>
    public void Add(ReadOnlySpan<byte> quoted)
    {
        for (var at = 0; at < quoted.Length; at++)
        {
            var c = quoted[at];
            if (c == '\\')
            {
                c = quoted[++at];
                if (c == 'u')
                {
                    c = Ascii(quoted.Slice(at + 1, 4));
                    at += 4;
                }
                else if (c is (byte)'n' or (byte)'t' or (byte)'r' or (byte)'b' or (byte)'f')
                {
                    c = (byte)' ';
                }
            }

            Add(c);
        }
    }

    private void Add(byte c)
    {
        if (_escaped)
        {
            _escaped = false;
        }
        else if (_inText)
        {
            if (c == '\\') _escaped = true;
            else if (c == '"') _inText = false;
        }
        else if (c == '"')
        {
            _inText = true;
        }
        else if (c is (byte)'{' or (byte)'[')
        {
            _depth++;
            _begun = true;
        }
        else if (c is (byte)'}' or (byte)']')
        {
            _depth--;
        }
    }

    /// <returns>A letter that means nothing here for all that is no ASCII.</returns>
    private static byte Ascii(ReadOnlySpan<byte> hex) =>
        System.Buffers.Text.Utf8Parser.TryParse(hex, out ushort code, out _, 'X') && code < 0x80 ? (byte)code : (byte)'x';
}
