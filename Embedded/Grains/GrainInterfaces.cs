using Orleans.Runtime;

namespace Orleans.Runtime
{
    /// <summary>Anything that a grain call can be addressed to: grain references and grains.</summary>
    public interface IAddressable;
}

namespace Orleans
{
    /// <summary>The root of every grain interface.</summary>
    public interface IGrain : IAddressable;

    /// <summary>A grain named by a string. The only kind of key this engine knows.</summary>
    public interface IGrainWithStringKey : IGrain;

    /// <summary>What the extension methods of a grain class hang on.</summary>
    public interface IGrainBase
    {
        IGrainContext GrainContext { get; }
    }
}
