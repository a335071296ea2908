namespace Orleans.Embedded;

/// <summary>A small growing ring, as a field and not an object: every activation has one, and most hold one or two items ever.</summary>
internal struct WorkQueue
{
    private object?[]? _items;
    private int _head;

    public int Count { get; private set; }

    public void Enqueue(object item)
    {
        _items ??= new object?[2];
        if (Count == _items.Length) Grow();
        _items[(_head + Count++) & (_items.Length - 1)] = item;
    }

    public bool TryDequeue(out object item)
    {
        if (Count == 0)
        {
            item = null!;
            return false;
        }

        ref var slot = ref _items![_head];
        item = slot!;
        slot = null;
        _head = (_head + 1) & (_items.Length - 1);
        Count--;
        return true;
    }

    public readonly object this[int index] => _items![(_head + index) & (_items.Length - 1)]!;

    private void Grow()
    {
        var larger = new object?[_items!.Length * 2];
        for (var i = 0; i < Count; i++) larger[i] = this[i];
        _items = larger;
        _head = 0;
    }
}
