namespace OrleansLlm.Micro;

/// <summary>A grain that does nothing, so that what remains is the engine.</summary>
public interface IEchoGrain : IGrainWithStringKey
{
    Task<int> EchoAsync(int number);

    IAsyncEnumerable<int> CountAsync(int until);
}
