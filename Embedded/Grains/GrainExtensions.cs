using Orleans.Embedded;
using Orleans.Runtime;

namespace Orleans;

public static class GrainExtensions
{
    /// <summary>A reference to this grain (or the same grain through another of its interfaces), to be passed on in calls.</summary>
    public static TGrainInterface AsReference<TGrainInterface>(this IAddressable grain)
    {
        var address = AddressOf(grain);
        return (TGrainInterface)(object)address.Class.Engine.Manifest.Refer(typeof(TGrainInterface), address);
    }

    public static TGrainInterface Cast<TGrainInterface>(this IAddressable grain) => grain.AsReference<TGrainInterface>();

    public static string GetPrimaryKeyString(this IAddressable grain) => AddressOf(grain).Key;

    public static GrainId GetGrainId(this IAddressable grain) => AddressOf(grain).Id;

    private static GrainAddress AddressOf(IAddressable grain)
    {
        ArgumentNullException.ThrowIfNull(grain);
        return grain switch
        {
            GrainReference reference => reference.Address,
            Grain instance => instance.Activation.GrainAddress,
            _ => throw new ArgumentException($"{grain.GetType().FullName} is neither a grain nor a grain reference.", nameof(grain)),
        };
    }
}
