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
    private readonly InferenceServices _services;
    private readonly LimitRequest _request;
    private readonly List<(ILimited Grain, RateLimits? Own, string? Alias)> _scopes;
    private IGrainTimer? _timer;
    private bool _settled;

    public Admittance(Grain owner, IGrainFactory grains, string inferenceId, InferenceRequest request, GatewayCatalog catalog, InferenceServices services)
    {
        (_owner, _services) = (owner, services);
        // One request may have a second grain, when the silo of the first has died: it is admitted and settled once.
        var requestId = InferenceIds.RequestOf(inferenceId);
        _request = TokenEstimate.For(requestId, request, catalog) with { Again = inferenceId != requestId };
        var user = request.Scopes.FirstOrDefault(s => IsUser(s.Scope) && s.Scope == request.User);
        _scopes = [(grains.GetGrain<IUserGrain>(request.User), user?.Limits, user?.Alias)];
        foreach (var scope in request.Scopes.Where(s => s != user)) _scopes.Add((Find(scope.Scope), scope.Limits, scope.Alias));
        var limits = catalog.Settings.Limits;
        var group = limits.Models.IsEmpty ? null : catalog.FindGroup(request.Model)?.Name;
        foreach (var scope in limits.ScopesOf(request.User, request.Key, request.Model, group))
        {
            if (!request.Scopes.Any(s => s.Scope == scope)) _scopes.Add((grains.GetGrain<ILimitGrain>(scope), null, null));
        }

        // The user of a key whose end users count apart is counted where all of its other requests are.
        ILimited Find(string scope) => IsUser(scope) ? grains.GetGrain<IUserGrain>(scope) : grains.GetGrain<ILimitGrain>(scope);

        // A key is a limit scope, and where it has no user it is a user of its own besides.
        static bool IsUser(string scope) => scope.StartsWith(LimitScopes.UserPrefix, StringComparison.Ordinal);
    }

    /// <summary>The tightest of all that were asked.</summary>
    public LimitStanding Standing { get; private set; } = LimitStanding.Unlimited;

    /// <returns>Why not, and then nothing was taken anywhere; null: admitted.</returns>
    public async Task<Failure?> AskAsync()
    {
        var lease = TimeSpan.MaxValue;
        for (var asked = 0; asked < _scopes.Count; asked++)
        {
            var answer = await _scopes[asked].Grain.AdmitAsync(_request with { Own = _scopes[asked].Own, Alias = _scopes[asked].Alias });
            if (answer is OverLimit over)
            {
                // Where two have nothing left, the headers are of the one that refuses.
                Standing = over.Standing.And(Standing);
                await WithdrawAsync(_scopes.Take(asked).Select(s => s.Grain));
                return Refusal(over);
            }

            var admitted = (Admitted)answer;
            Standing = Standing.And(admitted.Standing);
            if (admitted.Lease < lease) lease = admitted.Lease;
        }

        var third = lease / 3;
        _timer = _owner.RegisterGrainTimer(RenewAsync, new GrainTimerCreationOptions(third, third) { Interleave = true });
        return null;
    }

    /// <summary>Harmless twice.</summary>
    /// <param name="cost">US dollars; null: not known.</param>
    public Task SettleAsync(long promptTokens, long completionTokens, double? cost = null) =>
        TellAsync(_scopes.Select(s => s.Grain), new Settlement(_request.RequestId, promptTokens, completionTokens, Cost: cost ?? 0));

    /// <summary>The request was refused further on: it costs nothing.</summary>
    public Task WithdrawAsync() => WithdrawAsync(_scopes.Select(s => s.Grain));

    /// <summary>Stops renewing. What was not settled is either taken up by another attempt at the request, or runs out.</summary>
    public void Dispose() => _timer?.Dispose();

    private Task WithdrawAsync(IEnumerable<ILimited> scopes) => TellAsync(scopes, new Settlement(_request.RequestId, 0, 0, Withdrawn: true));

    private async Task TellAsync(IEnumerable<ILimited> scopes, Settlement settlement)
    {
        if (_settled) return;
        _settled = true;
        _timer?.Dispose();
        try
        {
            await Task.WhenAll(scopes.Select(s => s.SettleAsync(settlement)).ToList()).WaitAsync(Patience, _services.Time);
        }
        catch (Exception e) when (LostContact.Is(e))
        {
            _services.Logger.SettleFailed(_request.RequestId, e);
        }
    }

    private Task RenewAsync(CancellationToken cancellationToken) => Task.WhenAll(_scopes.Select(s => s.Grain.RenewAsync(_request.RequestId)).ToList());

    private Failure Refusal(OverLimit over) => new()
    {
        Kind = over.Kind == LimitKind.Budget ? FailureKind.BudgetExceeded : FailureKind.OverLimit,
        Message = over.Limit,
        Type = over.Kind == LimitKind.Tokens ? "tokens" : "requests",
        RetryAfter = over is { Never: true, RetryAfter.Ticks: 0 } ? null : over.RetryAfter,
        RetryIsVain = over.Never,
        Limits = Standing,
    };
}
