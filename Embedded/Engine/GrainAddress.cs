using Orleans.Runtime;

namespace Orleans.Embedded;

/// <summary>Where a grain reference points. For generated code, which only passes it on.</summary>
public readonly struct GrainAddress
{
    internal GrainAddress(GrainClass grainClass, string key)
    {
        Class = grainClass;
        Key = key;
    }

    internal GrainClass Class { get; }

    internal string Key { get; }

    internal GrainId Id => new(Class.Name, Key);
}
