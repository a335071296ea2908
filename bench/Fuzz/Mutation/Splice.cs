namespace OrleansLlm.Bench.Fuzz.Mutation;

internal static class Splice
{
    /// <summary>The text with the range in it replaced.</summary>
    public static byte[] Replace(byte[] text, int start, int end, ReadOnlySpan<byte> by)
    {
        var spliced = new byte[text.Length - (end - start) + by.Length];
        text.AsSpan(0, start).CopyTo(spliced);
        by.CopyTo(spliced.AsSpan(start));
        text.AsSpan(end).CopyTo(spliced.AsSpan(start + by.Length));
        return spliced;
    }

    public static byte[] Insert(byte[] text, int at, ReadOnlySpan<byte> what) => Replace(text, at, at, what);

    /// <summary>Takes one value out, its name and one comma with it.</summary>
    public static byte[] Remove(byte[] json, JsonPlace place)
    {
        var (start, end) = (place.Member, place.End);
        var after = end;
        while (after < json.Length && json[after] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t') after++;
        if (after < json.Length && json[after] == ',') return Replace(json, start, after + 1, []);
        var before = start;
        while (before > 0 && json[before - 1] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t') before--;
        return before > 0 && json[before - 1] == ',' ? Replace(json, before - 1, end, []) : Replace(json, start, end, []);
    }
}
