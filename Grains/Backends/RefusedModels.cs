using OrleansLlm.Backends;
using OrleansLlm.Inference;

namespace OrleansLlm.Grains.Backends;

/// <summary>
/// What one deployment does not have of what a client chooses: a model behind a wildcard, an operation of a model. Each is kept away from by
/// itself, so that nobody can keep others from the rest. Pure; holds no more than <see cref="Most"/>.
/// </summary>
internal sealed class RefusedModels
{
    internal const int Most = 100;

    /// <summary>Longer names are not remembered: each request for one asks the service.</summary>
    internal const int LongestName = 256;

    private readonly Dictionary<(string Model, InferenceKind Kind), (TimeSpan Until, string? Fault)> _refused = [];

    public void Add(string model, InferenceKind kind, TimeSpan until, string? fault, TimeSpan now)
    {
        if (model.Length > LongestName) return;
        foreach (var over in _refused.Where(r => r.Value.Until <= now).Select(r => r.Key).ToList()) _refused.Remove(over);
        if (_refused.Count >= Most && !_refused.ContainsKey((model, kind))) _refused.Remove(_refused.MinBy(r => r.Value.Until).Key);
        _refused[(model, kind)] = (until, fault);
    }

    public SlotRefused? Refusal(SlotRequest request, TimeSpan now) =>
        _refused.TryGetValue((request.Model, request.Kind), out var refused) && refused.Until > now
            ? new SlotRefused(RefusalReason.Sidelined, refused.Until - now) { Detail = refused.Fault }
            : null;

    public void Clear() => _refused.Clear();
}
