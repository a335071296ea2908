namespace OrleansLlm;

/// <summary>What people call this process among those of its cluster.</summary>
public sealed record NodeName(string Value)
{
    public static NodeName Default { get; } = new(Environment.MachineName);

    public override string ToString() => Value;
}
