namespace OrleansLlm.Telemetry.Prometheus;

/// <summary>One metric with one set of label values.</summary>
internal sealed class Series(string[] values, int buckets)
{
    /// <summary>Of the labels, in their declared order.</summary>
    public string[] Values => values;

    /// <summary>Of a counter or a gauge; of a histogram the sum.</summary>
    public double Value { get; private set; }

    public long Count { get; private set; }

    /// <summary>How many measurements fell into each bucket alone; the last is the infinite one.</summary>
    public long[] InBucket { get; } = new long[buckets];

    public void Add(double amount) => Value += amount;

    public void Set(double value) => Value = value;

    public void Record(double value, int bucket)
    {
        Value += value;
        Count++;
        InBucket[bucket]++;
    }
}
