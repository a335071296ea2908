using System.Runtime.CompilerServices;

namespace OrleansLlm.Tests.Gateway;

/// <summary>
/// A test that moves the gateway's own clock. Orleans' runtime lives by the same clock (membership, messaging) and does not start while it
/// stands still, so these run on the Embedded engine only; the rules they check are the same code.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class InjectedTimeFactAttribute : FactAttribute
{
    public InjectedTimeFactAttribute([CallerFilePath] string? sourceFilePath = null, [CallerLineNumber] int sourceLineNumber = -1)
        : base(sourceFilePath, sourceLineNumber)
    {
        if (!TestEngine.TakesInjectedTime) Skip = "moves the gateway's clock, which this engine's runtime needs for itself";
    }
}

/// <inheritdoc cref="InjectedTimeFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class InjectedTimeTheoryAttribute : TheoryAttribute
{
    public InjectedTimeTheoryAttribute([CallerFilePath] string? sourceFilePath = null, [CallerLineNumber] int sourceLineNumber = -1)
        : base(sourceFilePath, sourceLineNumber)
    {
        if (!TestEngine.TakesInjectedTime) Skip = "moves the gateway's clock, which this engine's runtime needs for itself";
    }
}
