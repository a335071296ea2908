using System.Runtime.InteropServices;
using System.Text;

namespace OrleansLlm.Providers.OpenAi;

/// <summary>Numbers the tool calls of one choice where the upstream does not, or gives several of them the same number.</summary>
internal sealed class ToolCallIndexes
{
    private readonly Dictionary<string, int> _byId = [];
    private readonly Dictionary<int, Call> _byIndex = [];
    private readonly HashSet<int> _taken = [];
    private int _last = -1, _highest = -1;

    /// <summary>Mistral and Gemini send calls without an index: a new id or a new name is a new call.</summary>
    public int Of(ReadOnlySpan<byte> id, bool hasName)
    {
        if (!id.IsEmpty)
        {
            var key = Encoding.UTF8.GetString(id);
            if (!_byId.TryGetValue(key, out _last)) _byId[key] = _last = Next();
        }
        else if (hasName || _last < 0)
        {
            _last = Next();
        }

        return _last;
    }

    /// <summary>Google's service for OpenAI's clients gives all calls the index 0: there another id with a name is another call.</summary>
    public int Of(int index, ReadOnlySpan<byte> id, bool hasName)
    {
        ref var call = ref CollectionsMarshal.GetValueRefOrAddDefault(_byIndex, index, out var isKnown);
        if (!isKnown) call = new Call(_taken.Contains(index) ? Next() : Take(index), id.ToArray());
        else if (hasName && !id.IsEmpty && !id.SequenceEqual(call.Id)) call = new Call(call.Id.Length == 0 ? call.Number : Next(), id.ToArray());
        return call.Number;
    }

    private int Next() => Take(_highest + 1);

    private int Take(int number)
    {
        _taken.Add(number);
        _highest = Math.Max(_highest, number);
        return number;
    }

    private readonly record struct Call(int Number, byte[] Id);
}
