using OrleansLlm.Bench.Fuzz.Mutation;

namespace OrleansLlm.Bench.Fuzz;

/// <summary>Makes a failing text smaller while it fails in the same way.</summary>
internal static class Shrink
{
    private const int MostTries = 400;

    public static async Task<byte[]> TextAsync(byte[] text, Func<byte[], Task<bool>> fails)
    {
        var tries = 0;
        bool again;
        do
        {
            again = false;
            foreach (var smaller in Smaller(text))
            {
                if (++tries > MostTries) return text;
                if (smaller.Length >= text.Length || !await fails(smaller)) continue;
                text = smaller;
                again = true;
                break;
            }
        }
        while (again);
        return text;
    }

    private static IEnumerable<byte[]> Smaller(byte[] text)
    {
        foreach (var place in JsonPlaces.Find(text).OrderByDescending(p => p.End - p.Start))
        {
            if (!place.IsRoot) yield return Splice.Remove(text, place);
        }

        for (var length = text.Length / 2; length > 0; length /= 2)
        {
            for (var at = 0; at + length <= text.Length; at += length) yield return Splice.Replace(text, at, at + length, []);
        }
    }
}
