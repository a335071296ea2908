using System.Diagnostics.CodeAnalysis;

namespace Orleans.Embedded;

/// <summary>A grain class as its part describes it, with what the engine looks for in it kept by a compiler that drops what nobody uses.</summary>
internal sealed class GrainDescription(
    [DynamicallyAccessedMembers(GrainDescription.Needed)] Type type, Type[] interfaces)
{
    public const DynamicallyAccessedMemberTypes Needed = DynamicallyAccessedMemberTypes.PublicConstructors | DynamicallyAccessedMemberTypes.PublicMethods;

    [DynamicallyAccessedMembers(Needed)]
    public Type Type { get; } = type;

    public Type[] Interfaces { get; } = interfaces;
}
