using System.Runtime.CompilerServices;

namespace OrleansLlm.Engine.EmbeddedOnly;

public interface IFickleGrain : IGrainWithStringKey
{
    IAsyncEnumerable<int> NothingAsync(CancellationToken cancellationToken = default);

    /// <summary>Asks itself for a sequence and no longer wants it, both in one turn; then asks to go, and has one more turn.</summary>
    Task ChangeItsMindAndLeaveAsync();
}

internal sealed class FickleGrain(Witness witness) : Grain, IFickleGrain
{
    public async IAsyncEnumerable<int> NothingAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        witness.Note(this.GetPrimaryKeyString(), "begun");
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        yield break;
    }

    public async Task ChangeItsMindAndLeaveAsync()
    {
        var key = this.GetPrimaryKeyString();
        using var source = new CancellationTokenSource();
        var reader = this.AsReference<IFickleGrain>().NothingAsync().GetAsyncEnumerator(source.Token);
        var first = reader.MoveNextAsync();
        source.Cancel();
        try
        {
            await first;
        }
        catch (OperationCanceledException)
        {
            witness.Note(key, "changed its mind");
        }

        DeactivateOnIdle();
        await Task.Yield();
        witness.Note(key, "last turn");
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        witness.Note(this.GetPrimaryKeyString(), "deactivated");
        witness.Signal($"{this.GetPrimaryKeyString()}/deactivated");
        return Task.CompletedTask;
    }
}
