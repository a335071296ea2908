using System.Collections.Immutable;
using OrleansLlm.Backends;
using OrleansLlm.Catalog;
using OrleansLlm.Inference;

namespace OrleansLlm.Grains.Backends;

/// <summary>
/// The deployments of one backend and who uses which: decides whether a deployment may be used, apart from slots and circuit, and learns
/// from how a use ended. Pure. Holds one entry a deployment and one a request that runs.
/// </summary>
internal sealed class DeploymentBook
{
    private readonly Dictionary<string, DeploymentRecord> _records = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Use> _uses = new(StringComparer.Ordinal);

    /// <summary>Until when a deployment has been sidelined last, by its id: another instance after each change.</summary>
    public ImmutableDictionary<string, TimeSpan> Sidelined { get; private set; } = ImmutableDictionary<string, TimeSpan>.Empty;

    /// <summary>Follows the configuration; what is known of a deployment stays known.</summary>
    public void Configure(ImmutableArray<Deployment> deployments)
    {
        foreach (var gone in _records.Keys.Except(deployments.Select(d => d.Id)).ToList())
        {
            _records.Remove(gone);
            Sidelined = Sidelined.Remove(gone);
        }

        foreach (var deployment in deployments)
        {
            if (_records.TryGetValue(deployment.Id, out var known)) known.Configure(deployment);
            else _records.Add(deployment.Id, new DeploymentRecord(deployment));
        }
    }

    /// <summary>Why the deployment may not be used now; null: it may.</summary>
    public SlotRefused? Refusal(SlotRequest request, TimeSpan now) => Find(request.DeploymentId)?.Refusal(request, now);

    public void Began(SlotRequest request, TimeSpan now)
    {
        if (Find(request.DeploymentId) is not { } record) return;
        _uses[request.RequestId] = new Use(request.DeploymentId!, request.Model, request.Kind, request.TokensEstimated, now);
        record.Began(request.TokensEstimated, now);
    }

    /// <summary>The request runs no more and has told nothing.</summary>
    public void Forget(string requestId) => _uses.Remove(requestId);

    /// <summary>What a running request uses; null when that is not known.</summary>
    public Use? UseOf(string requestId) => _uses.TryGetValue(requestId, out var use) ? use : null;

    public void Ended(SlotRelease release, TimeSpan now)
    {
        if (!_uses.Remove(release.RequestId, out var use) || Find(use.DeploymentId) is not { } record) return;
        switch (release.Outcome)
        {
            case SlotOutcome.Withdrawn:
                record.NeverRan(use.Tokens, use.Began, now);
                break;
            // How much the upstream has done for somebody who left is not known: the reservation stands.
            case SlotOutcome.ClientGone:
                break;
            default:
                record.Settle(use.Tokens, release.PromptTokens + release.CompletionTokens, use.Began, now);
                break;
        }

        if (release.Outcome == SlotOutcome.Succeeded) record.Served(use.Kind);
        if (release is { Outcome: SlotOutcome.Succeeded, TimeToFirstToken: { } first }) record.FirstTokenTook(first, now);
    }

    /// <summary>Keeps everybody away from a deployment that has a fault of its own, or from what it does not have.</summary>
    /// <param name="backend">Its cooldown holds where the upstream has asked for nothing and the deployment has none of its own.</param>
    public void Sideline(Use use, SlotRelease release, BackendOptions backend, TimeSpan now)
    {
        if (Find(use.DeploymentId) is not { } record) return;
        var until = now + (release.RetryAfter ?? record.Deployment.Cooldown ?? backend.Cooldown);
        var isRateLimited = release.Outcome == SlotOutcome.RateLimited;
        if (isRateLimited && !record.IsOneTooMany(backend.AllowedFailsPolicy.RateLimit)) return;
        if (isRateLimited || release.IsOfAccount) record.Sideline(until, release.Error, isRateLimited);
        else record.Lacks(use.Model, use.Kind, until, release.Error, now);
        if (record.SidelinedUntil is { } shown) Sidelined = Sidelined.SetItem(use.DeploymentId, shown);
    }

    /// <summary>No deployment has a fault any more; what it has used of its limits stays used.</summary>
    public void ForgetFaults()
    {
        foreach (var record in _records.Values) record.ForgetFault();
        Sidelined = Sidelined.Clear();
    }

    public IEnumerable<TimeSpan> FirstTokens(string deploymentId) => Find(deploymentId)?.FirstTokens ?? [];

    public ImmutableArray<DeploymentSnapshot> Snapshots(StrategyArguments arguments, TimeSpan now) =>
        [.. _records.Values.Select(r => r.Snapshot(arguments, now))];

    private DeploymentRecord? Find(string? id) => id is null ? null : _records.GetValueOrDefault(id);

    /// <param name="Model">The backend's own name of it, also where the deployment is a wildcard.</param>
    internal readonly record struct Use(string DeploymentId, string Model, InferenceKind Kind, long Tokens, TimeSpan Began);
}
