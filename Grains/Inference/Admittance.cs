using OrleansLlm.Catalog;
using OrleansLlm.Grains.Limits;
using OrleansLlm.Inference;
using OrleansLlm.Limits;
using OrleansLlm.Users;

namespace OrleansLlm.Grains.Inference;

/// <summary>
/// One request's leave of its user, key, team, model and gateway: of all or of none. Renewed while it runs, settled once. Steps 2 and 8 of
/// docs/request-path.md.
/// </summary>
internal sealed class Admittance : IDisposable
{
    /// <summary>What the end of an answer waits for limits that cannot be reached: they find out by themselves.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly Grain _owner;
    private readonly IGrainFactory _grains;
    private readonly InferenceServices _services;
    private readonly string _inferenceId;
    private readonly InferenceRequest _asked;
    private readonly LimitRequest _request;
    private readonly List<Asked> _scopes;
    private IReadOnlyCollection<string> _serving;
    private IGrainTimer? _timer;
    private bool _settled;
    private int _reached;

    public Admittance(Grain owner, IGrainFactory grains, string inferenceId, InferenceRequest request, GatewayCatalog catalog, InferenceServices services)
    {
        (_owner, _grains, _inferenceId, _asked, _services) = (owner, grains, inferenceId, request, services);
        _request = Estimate(request, catalog);
        var user = request.Scopes.FirstOrDefault(s => IsUser(s.Scope) && s.Scope == request.User);
        _scopes = [new(request.User, grains.GetGrain<IUserGrain>(request.User), user?.Limits, user?.Alias)];
        foreach (var scope in request.Scopes.Where(s => s != user && !s.OfStandIn)) _scopes.Add(Find(scope));
        var limits = catalog.Settings.Limits;
        _serving = NamesOf(request.Model, catalog);
        foreach (var scope in limits.ScopesOf(request.User, request.Key, _serving))
        {
            if (!request.Scopes.Any(s => s.Scope == scope && !s.OfStandIn)) _scopes.Add(new(scope, grains.GetGrain<ILimitGrain>(scope), null, null));
        }
    }

    /// <summary>The tightest of all that were asked.</summary>
    public LimitStanding Standing { get; private set; } = LimitStanding.Unlimited;

    /// <summary>May be asked again where contact was lost, perhaps with the silo of a limit that had admitted it.</summary>
    /// <returns>Why not, and then nothing was taken anywhere; null: admitted.</returns>
    public async Task<Failure?> AskAsync()
    {
        var (lease, refusal) = await AskAsync(_scopes, _request, _reached);
        if (refusal is not null) return refusal;
        var third = lease / 3;
        _timer = _owner.RegisterGrainTimer(RenewAsync, new GrainTimerCreationOptions(third, third) { Interleave = true });
        return null;
    }

    /// <summary>Another group is to serve the request: the limits of that model have to agree as well, and it is that model's use from now on.</summary>
    /// <param name="asked">With the prompt that this group gets.</param>
    /// <returns>Why that group may not; null: it may.</returns>
    public async Task<Failure?> AskForAsync(string group, InferenceRequest asked, GatewayCatalog catalog)
    {
        var names = NamesOf(group, catalog);
        if (names.Count == 0) return null;
        List<Asked> more = [.. _asked.Scopes.Where(s => s.OfStandIn && LimitScopes.ModelOf(s.Scope) is { } model && names.Contains(model)).Select(Find)];
        more.AddRange(catalog.Settings.Limits.ModelScopesOf(names).Select(s => new Asked(s, _grains.GetGrain<ILimitGrain>(s), null, null)));
        more.RemoveAll(m => _scopes.Any(s => s.Scope == m.Scope));
        if (more.Count > 0)
        {
            var (_, refusal) = await AskAsync(more, Estimate(asked with { Model = group, Scopes = _asked.Scopes }, catalog));
            if (refusal is not null) return refusal;
            _scopes.AddRange(more);
        }

        _serving = names;
        return null;
    }

    /// <summary>Harmless twice. What was used was the use of the model that has served; the others have had a request.</summary>
    /// <param name="cost">US dollars; null: not known.</param>
    public Task SettleAsync(long promptTokens, long completionTokens, double? cost = null)
    {
        var used = new Settlement(_request.RequestId, promptTokens, completionTokens, Cost: cost ?? 0);
        var unused = new Settlement(_request.RequestId, 0, 0);
        return TellAsync(_scopes, scope => LimitScopes.ModelOf(scope.Scope) is { } model && !_serving.Contains(model) ? unused : used);
    }

    /// <summary>The request was refused further on: it costs nothing.</summary>
    public Task WithdrawAsync() => TellAsync(_scopes, _ => Withdrawal);

    /// <summary>Stops renewing. What was not settled is either taken up by another attempt at the request, or runs out.</summary>
    public void Dispose() => _timer?.Dispose();

    private Settlement Withdrawal => new(_request.RequestId, 0, 0, Withdrawn: true);

    /// <summary>Asks one after the other. A refusal takes back what those before it gave, and those that were asked before.</summary>
    /// <param name="reached">How many were asked before, with or without an answer.</param>
    private async Task<(TimeSpan Lease, Failure? Refusal)> AskAsync(List<Asked> scopes, LimitRequest request, int reached = 0)
    {
        var (lease, standing) = (TimeSpan.MaxValue, Standing);
        for (var asked = 0; asked < scopes.Count; asked++)
        {
            if (scopes == _scopes) _reached = Math.Max(reached, asked + 1);
            var again = request.Again || asked < reached;
            var answer = await scopes[asked].Grain.AdmitAsync(request with { Own = scopes[asked].Own, Alias = scopes[asked].Alias, Again = again });
            if (answer is OverLimit over)
            {
                await TellAllAsync(scopes.Take(Math.Max(asked, reached)), _ => Withdrawal);
                // Where two have nothing left, the headers are of the one that refuses.
                return (lease, Refusal(over, over.Standing.And(standing)));
            }

            var admitted = (Admitted)answer;
            standing = standing.And(admitted.Standing);
            if (admitted.Lease < lease) lease = admitted.Lease;
        }

        Standing = standing;
        return (lease, null);
    }

    /// <summary>One request may have a second grain, when the silo of the first has died: it is admitted and settled once.</summary>
    private LimitRequest Estimate(InferenceRequest request, GatewayCatalog catalog)
    {
        var requestId = InferenceIds.RequestOf(_inferenceId);
        return TokenEstimate.For(requestId, request, catalog) with { Again = _inferenceId != requestId };
    }

    /// <returns>Every name of a model; none where no model has limits.</returns>
    private IReadOnlyCollection<string> NamesOf(string model, GatewayCatalog catalog) =>
        catalog.Settings.Limits.Models.IsEmpty && !_asked.Scopes.Any(s => LimitScopes.ModelOf(s.Scope) is not null) ? [] : catalog.NamesOf(model);

    /// <summary>The user of a key whose end users count apart is counted where all of its other requests are.</summary>
    private Asked Find(LimitedScope scope) =>
        new(scope.Scope, IsUser(scope.Scope) ? _grains.GetGrain<IUserGrain>(scope.Scope) : _grains.GetGrain<ILimitGrain>(scope.Scope), scope.Limits, scope.Alias);

    /// <summary>A key is a limit scope, and where it has no user it is a user of its own besides.</summary>
    private static bool IsUser(string scope) => scope.StartsWith(LimitScopes.UserPrefix, StringComparison.Ordinal);

    private async Task TellAsync(IReadOnlyCollection<Asked> scopes, Func<Asked, Settlement> what)
    {
        if (_settled) return;
        _settled = true;
        _timer?.Dispose();
        await TellAllAsync(scopes, what);
    }

    private async Task TellAllAsync(IEnumerable<Asked> scopes, Func<Asked, Settlement> what)
    {
        try
        {
            await Task.WhenAll(scopes.Select(s => s.Grain.SettleAsync(what(s))).ToList()).WaitAsync(Patience, _services.Time);
        }
        catch (Exception e) when (LostContact.IsOrGivenUp(e))
        {
            _services.Logger.SettleFailed(_request.RequestId, e);
        }
    }

    private Task RenewAsync(CancellationToken cancellationToken) => Task.WhenAll(_scopes.Select(s => s.Grain.RenewAsync(_request.RequestId)).ToList());

    private static Failure Refusal(OverLimit over, LimitStanding standing) => new()
    {
        Kind = over.Kind == LimitKind.Budget ? FailureKind.BudgetExceeded : FailureKind.OverLimit,
        Message = over.Limit,
        Type = over.Kind == LimitKind.Tokens ? "tokens" : "requests",
        RetryAfter = over is { Never: true, RetryAfter.Ticks: 0 } ? null : over.RetryAfter,
        RetryIsVain = over.Never,
        Limits = standing,
    };

    private sealed record Asked(string Scope, ILimited Grain, RateLimits? Own, string? Alias);
}
