namespace Orleans.Runtime;

/// <summary>What names a grain for ever: its type and its key, written <c>type/key</c>.</summary>
public readonly struct GrainId : IEquatable<GrainId>
{
    internal GrainId(string type, string key)
    {
        GrainType = type;
        GrainKey = key;
    }

    internal string GrainType { get; }

    internal string GrainKey { get; }

    public bool IsDefault => GrainType is null;

    public static bool operator ==(GrainId left, GrainId right) => left.Equals(right);

    public static bool operator !=(GrainId left, GrainId right) => !left.Equals(right);

    public bool Equals(GrainId other) => GrainType == other.GrainType && GrainKey == other.GrainKey;

    public override bool Equals(object? obj) => obj is GrainId other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(GrainType, GrainKey);

    public override string ToString() => $"{GrainType}/{GrainKey}";
}
