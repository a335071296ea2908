namespace OrleansLlm.Grains.Backends;

/// <summary>The conversations whose last turn a backend has served: it may still have their prompts computed. Bounded: the oldest is forgotten.</summary>
internal sealed class RecentTurns(int capacity = 256)
{
    private readonly Dictionary<(string Model, ulong Turn), LinkedListNode<(string Model, ulong Turn)>> _turns = [];
    private readonly LinkedList<(string Model, ulong Turn)> _order = new();

    public void Add(string model, ulong turn)
    {
        if (_turns.Remove((model, turn), out var known)) _order.Remove(known);
        _turns.Add((model, turn), _order.AddLast((model, turn)));
        if (_turns.Count <= capacity) return;
        _turns.Remove(_order.First!.Value);
        _order.RemoveFirst();
    }

    public bool Contains(string model, ulong turn) => _turns.ContainsKey((model, turn));
}
