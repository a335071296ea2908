namespace Orleans;

/// <summary>Makes grain references. Making one touches no grain: the first call does.</summary>
public interface IGrainFactory
{
    /// <param name="primaryKey">Not null, empty or blank.</param>
    /// <param name="grainClassNamePrefix">Chooses between several classes of one interface by the start of their full name.</param>
    TGrainInterface GetGrain<TGrainInterface>(string primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithStringKey;

    IGrain GetGrain(Type grainInterfaceType, string grainPrimaryKey);
}

/// <summary>The grain factory of the code outside of grains.</summary>
public interface IClusterClient : IGrainFactory
{
    IServiceProvider ServiceProvider { get; }
}
