using System.Diagnostics.CodeAnalysis;

namespace Orleans.Embedded;

/// <summary>The grains and grain interfaces of one assembly. Implemented by generated code.</summary>
public interface IGrainPart
{
    void Describe(GrainManifest manifest);
}

/// <summary>Emitted by the generator: where an assembly describes its grains.</summary>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class GrainPartAttribute(
    [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor | DynamicallyAccessedMemberTypes.NonPublicConstructors)] Type part) : Attribute
{
    [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor | DynamicallyAccessedMemberTypes.NonPublicConstructors)]
    public Type Part { get; } = part;
}
