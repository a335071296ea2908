using OrleansLlm.Limits;
using OrleansLlm.Telemetry;

namespace OrleansLlm.Grains.Limits;

/// <summary>Shows what one scope has left of its budget, if it is a key, a team or a user.</summary>
/// <param name="isUser">The scope is that of a user grain: of those, a key is only a user that has no name.</param>
internal sealed class BudgetMeter(string scope, bool isUser, BudgetMetrics metrics, TimeProvider time) : IDisposable
{
    private readonly (BudgetKind Kind, string Id)? _holder = isUser ? Holder(scope, LimitScopes.UserPrefix, BudgetKind.User)
        : Holder(scope, LimitScopes.KeyPrefix, BudgetKind.Key) ?? Holder(scope, LimitScopes.TeamPrefix, BudgetKind.Team);

    private BudgetGauge? _gauge;
    private string? _alias;

    /// <summary>By which the holder is known to people; null: whoever asks does not know.</summary>
    public void Follow(string? alias)
    {
        _alias = alias ?? _alias;
        _gauge?.Alias = _alias;
    }

    /// <param name="reading">Null: there is no budget, or it is nobody's business.</param>
    public void Show(BudgetReading? reading)
    {
        if (_holder is not var (kind, id)) return;
        if (reading is null)
        {
            Dispose();
            return;
        }

        _gauge ??= metrics.Open(kind, id, time);
        _gauge?.Alias = _alias;
        _gauge?.Last = reading;
    }

    public void Dispose()
    {
        _gauge?.Dispose();
        _gauge = null;
    }

    private static (BudgetKind Kind, string Id)? Holder(string scope, string prefix, BudgetKind kind) =>
        scope.StartsWith(prefix, StringComparison.Ordinal) ? (kind, scope[prefix.Length..]) : null;
}
