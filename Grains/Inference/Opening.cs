using OrleansLlm.Catalog;
using OrleansLlm.Inference;

namespace OrleansLlm.Grains.Inference;

/// <summary>How one request's life begins: the configuration it lives under, the record of it, the history of its conversation, its admission. Step 2 of docs/request-path.md.</summary>
internal sealed class Opening : IDisposable
{
    private readonly Grain _owner;
    private readonly IGrainFactory _grains;
    private readonly InferenceServices _services;
    private readonly string _inferenceId;
    private readonly OpeningTries _tries;
    private readonly IDisposable _open;
    private Admittance? _admittance;

    private Opening(Grain owner, IGrainFactory grains, InferenceServices services, string inferenceId, CatalogTurns turns, OpeningTries tries, InferenceRequest request)
    {
        (_owner, _grains, _services, _inferenceId, Turns, _tries, Request) = (owner, grains, services, inferenceId, turns, tries, request);
        RequestId = InferenceIds.RequestOf(inferenceId);
        // An orderly stop waits for more than the answer: its turn, its settlement and its row are lost with the process otherwise.
        _open = services.Drain.Enter();
        Record = new UsageRecord(RequestId, request, turns.Began.Settings.Limits, services);
    }

    /// <summary>Not the inference's: a request that was started over keeps it.</summary>
    public string RequestId { get; }

    public CatalogTurns Turns { get; }

    public UsageRecord Record { get; }

    /// <summary>Null: it belongs to no conversation.</summary>
    public OpenTurn? Turn { get; private set; }

    /// <summary>With the history before it, and what its parts are traced under.</summary>
    public InferenceRequest Request { get; private set; }

    /// <summary>After <see cref="AdmitAsync"/>.</summary>
    public Admittance Admittance => _admittance ?? throw new InvalidOperationException("The request has not been admitted.");

    /// <summary>Dispose of it when the request has ended: then its row is written, whatever has become of it.</summary>
    public static async Task<Opening> BeginAsync(
        Grain owner, IGrainFactory grains, InferenceRequest request, ICatalog catalog, ICatalogSync sync, InferenceServices services, OpeningTries tries)
    {
        var inferenceId = owner.GetPrimaryKeyString();
        var turns = new CatalogTurns(inferenceId, catalog, sync);
        await turns.KnowAsync(request.Model, CancellationToken.None);
        var opening = new Opening(owner, grains, services, inferenceId, turns, tries, request);
        try
        {
            opening.Turn = await tries.AskAsync(() => OpenTurn.OpenAsync(grains, request, opening.RequestId, turns.Began, services));
            opening.Request = (opening.Turn?.Request ?? request) with { TraceParent = opening.Record.TraceParent };
            return opening;
        }
        catch (Exception e)
        {
            if (tries.EndOf(e) is { } end) opening.Record.Failed(end);
            opening.Dispose();
            throw;
        }
    }

    /// <summary>Whether its turn can be one of what it names. Where not, nobody need be asked for it.</summary>
    public bool Fits => Turn?.Refusal is null;

    /// <summary>Limits count the whole prompt, which is why the history comes first.</summary>
    /// <param name="asked">What it is admitted for.</param>
    /// <returns>Why it may not go on, which is its end and recorded as that; null: it may.</returns>
    public async Task<Failure?> AdmitAsync(InferenceRequest asked)
    {
        var refusal = Turn?.Refusal;
        if (refusal is null)
        {
            _admittance = new Admittance(_owner, _grains, _inferenceId, asked, Turns.Began, _services);
            refusal = await AskAsync(_admittance);
            Record.Timeline.Admitted(refusal);
        }

        if (refusal is not null) Record.Failed(refusal);
        return refusal;
    }

    private async Task<Failure?> AskAsync(Admittance admittance)
    {
        try
        {
            return await _tries.AskAsync(admittance.AskAsync);
        }
        catch (Exception e) when (_tries.EndOf(e) is not null)
        {
            Record.Failed(_tries.EndOf(e)!);
            // Some may have admitted it.
            await admittance.WithdrawAsync();
            throw;
        }
    }

    public void Dispose()
    {
        _admittance?.Dispose();
        Record.Dispose();
        _open.Dispose();
    }
}
