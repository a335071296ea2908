namespace OrleansLlm.Engine.EmbeddedOnly;

public interface IBlockingGrain : IGrainWithStringKey
{
    /// <summary>What no grain should do: stands still, in the middle of a turn, until the other one has answered.</summary>
    Task<bool> BlockOnAsync(ITurnGrain other);
}

internal sealed class BlockingGrain : Grain, IBlockingGrain
{
    public Task<bool> BlockOnAsync(ITurnGrain other)
    {
        var asked = other.AddAsync(1);
        return Task.FromResult(((IAsyncResult)asked).AsyncWaitHandle.WaitOne(Witness.Patience));
    }
}
