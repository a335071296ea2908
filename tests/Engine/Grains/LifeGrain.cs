namespace OrleansLlm.Engine;

public interface ILifeGrain : IGrainWithStringKey
{
    Task<int> TouchAsync();

    Task LeaveAsync();

    Task LeaveAndHoldAsync();
}

/// <summary>Notes its life; fails to activate for as long as the witness has failures for it.</summary>
internal sealed class LifeGrain(Witness witness) : Grain, ILifeGrain, IDisposable
{
    private int _touched;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var key = this.GetPrimaryKeyString();
        witness.Note(key, "activating");
        await Task.Yield();
        if (witness.Happened($"{key}/slow")) await witness.Wait($"{key}/activate");
        if (witness.Count($"{key}/failures") > 0)
        {
            witness.Add($"{key}/failures", -1);
            throw new InvalidOperationException("not today");
        }

        witness.Note(key, "activated");
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        witness.Note(this.GetPrimaryKeyString(), "deactivated " + reason.ReasonCode);
        return Task.CompletedTask;
    }

    public void Dispose() => witness.Signal($"{this.GetPrimaryKeyString()}/disposed");

    public Task<int> TouchAsync() => Task.FromResult(++_touched);

    public Task LeaveAsync()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public async Task LeaveAndHoldAsync()
    {
        DeactivateOnIdle();
        witness.Signal($"{this.GetPrimaryKeyString()}/leaving");
        await witness.Wait($"{this.GetPrimaryKeyString()}/left");
        witness.Note(this.GetPrimaryKeyString(), "last turn");
    }
}
