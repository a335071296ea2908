namespace OrleansLlm.Grains.Backends;

/// <summary>
/// How many requests are served in the first k rounds, when a round serves one of every user: the sum over the users of the lesser of k and
/// their number of requests. A Fenwick tree over "how many users have at least j requests": O(log n) to change and to ask.
/// </summary>
internal sealed class Rounds
{
    private int[] _tree = new int[17];

    /// <summary>A user has now so many requests, one more than before.</summary>
    public void Grew(int requests)
    {
        if (requests >= _tree.Length) Double(requests);
        Change(requests, 1);
    }

    /// <summary>A user had so many requests, one more than now.</summary>
    public void Shrank(int requests) => Change(requests, -1);

    public int ServedIn(int rounds)
    {
        var sum = 0;
        for (var i = Math.Min(rounds, _tree.Length - 1); i > 0; i &= i - 1) sum += _tree[i];
        return sum;
    }

    private void Change(int at, int by)
    {
        for (var i = at; i < _tree.Length; i += i & -i) _tree[i] += by;
    }

    private void Double(int needed)
    {
        var counts = new int[_tree.Length];
        for (var i = 1; i < counts.Length; i++) counts[i] = ServedIn(i) - ServedIn(i - 1);
        var length = _tree.Length;
        while (length <= needed) length = length * 2 - 1;
        _tree = new int[length];
        for (var i = 1; i < counts.Length; i++)
        {
            if (counts[i] != 0) Change(i, counts[i]);
        }
    }
}
