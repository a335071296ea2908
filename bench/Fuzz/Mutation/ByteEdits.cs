namespace OrleansLlm.Bench.Fuzz.Mutation;

/// <summary>Edits that know nothing of what they spoil.</summary>
internal static class ByteEdits
{
    public static byte[] Edit(Dice dice, byte[] bytes)
    {
        if (bytes.Length == 0) return dice.Bytes(dice.Below(20));
        var at = dice.Below(bytes.Length);
        var end = at + 1 + dice.Below(Math.Min(bytes.Length - at, 40));
        switch (dice.Below(9))
        {
            case 0:
                var flipped = (byte[])bytes.Clone();
                flipped[at] ^= (byte)(1 << dice.Below(8));
                return flipped;
            case 1:
                return Splice.Insert(bytes, at, dice.Bytes(1 + dice.Below(8)));
            case 2:
                return Splice.Replace(bytes, at, end, []);
            case 3:
                return bytes[..at];
            case 4:
                return Splice.Insert(bytes, at, bytes.AsSpan(at..end));
            case 5:
                return Splice.Insert(bytes, at, dice.Pick(Weird.Fragments));
            case 6:
                return Splice.Insert(bytes, 0, dice.OneIn(2) ? "\uFEFF"u8 : " \n\t"u8);
            case 7:
                return Splice.Insert(bytes, bytes.Length, dice.Pick(Weird.Fragments));
            default:
                return Splice.Replace(bytes, at, Math.Min(at + 1, bytes.Length), dice.Pick(Weird.Fragments));
        }
    }
}
