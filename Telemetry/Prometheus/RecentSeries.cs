using System.Runtime.CompilerServices;

namespace OrleansLlm.Telemetry.Prometheus;

/// <summary>
/// The series that were measured last, by their tags as they come: the same few come again and again, and are found without making a key of
/// them. A slot that two share holds the later one. Not thread-safe.
/// </summary>
internal sealed class RecentSeries
{
    private const int Slots = 16, MaxTags = 8;

    private readonly Slot[] _slots = new Slot[Slots];

    public Series? Find(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.Length > MaxTags) return null;
        ref var slot = ref _slots[IndexOf(tags)];
        if (slot.Series is null || slot.Count != tags.Length) return null;
        for (var i = 0; i < tags.Length; i++)
        {
            if (!ReferenceEquals(slot.Names[i], tags[i].Key) || !IsSame(slot.Values[i], tags[i].Value)) return null;
        }

        return slot.Series;
    }

    public Series? Keep(ReadOnlySpan<KeyValuePair<string, object?>> tags, Series? series)
    {
        if (series is null || tags.Length > MaxTags) return series;
        ref var slot = ref _slots[IndexOf(tags)];
        (slot.Series, slot.Count) = (series, tags.Length);
        for (var i = 0; i < tags.Length; i++) (slot.Names[i], slot.Values[i]) = (tags[i].Key, tags[i].Value);
        return series;
    }

    public void Clear() => Array.Clear(_slots);

    /// <summary>Texts by what they say; whatever else a tag holds is looked up the long way.</summary>
    private static bool IsSame(object? known, object? value) => ReferenceEquals(known, value) || (known is string text && value is string other && text == other);

    private static int IndexOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var hash = tags.Length;
        foreach (var (_, value) in tags)
        {
            if (value is string { Length: > 0 } text) hash = (hash * 31) + text.Length + (text[0] * 7) + text[^1];
        }

        return (hash & int.MaxValue) % Slots;
    }

    private struct Slot
    {
        public Series? Series;
        public int Count;
        public Tags<string> Names;
        public Tags<object?> Values;
    }

    [InlineArray(MaxTags)]
    private struct Tags<T>
    {
        private T _first;
    }
}
