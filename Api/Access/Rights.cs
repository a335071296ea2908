using System.Collections.Immutable;
using OrleansLlm.Api.Errors;
using OrleansLlm.Catalog;
using OrleansLlm.Keys;
using OrleansLlm.Limits;

namespace OrleansLlm.Api.Access;

/// <summary>What a virtual key may do, with its user and its team: each can only take away from what the others allow. Time is an argument.</summary>
/// <param name="User">Null: it has none, or one that nobody has made known.</param>
/// <param name="Team">The key's, else its user's.</param>
internal sealed record Rights(Account Key, Account? User, Account? Team)
{
    public string? TeamId => Key.TeamId ?? User?.TeamId;

    /// <summary>Why it may do nothing at all; null: it may.</summary>
    public ApiError? Refuse(DateTimeOffset now)
    {
        if (Key.Blocked) return AccessErrors.Blocked("Key is blocked. Update via `/key/unblock` if you're an admin.");
        if (Key.Expires <= now) return AccessErrors.Expired(Key.Expires.Value, now);
        if (User is { Blocked: true }) return AccessErrors.Blocked($"User={User.Id} is blocked. Update via `/user/update` if you're an admin.");
        // Deleted, and this key was made in the same moment.
        if (TeamId is { } team && Team is null) return AccessErrors.Blocked($"Team={team} of this key does not exist any more.");
        return Team is { Blocked: true } ? AccessErrors.Blocked($"Team={Team.Id} is blocked. Update via `/team/unblock` if you're an admin.") : null;
    }

    /// <summary>No list of models holds it back.</summary>
    public bool AllowsEveryModel => ModelNames.AllowAll(Key.Models) && (Key.TeamId is not null || User is null || ModelNames.AllowAll(User.Models)) && (Team is null || ModelNames.AllowAll(Team.Models));

    /// <param name="asked">As it was asked for.</param>
    /// <param name="group">Null: nobody serves it.</param>
    public ApiError? RefuseModel(string asked, ModelGroup? group)
    {
        // What a user may do for itself is not what its team lets it do with the team's key.
        foreach (var holder in (ReadOnlySpan<Account?>)[Key, Key.TeamId is null ? User : null, Team])
        {
            if (holder is not null && !ModelNames.Allow(holder.Models, asked, group)) return AccessErrors.Model(holder, asked);
        }

        return null;
    }

    /// <summary>The user grain's key.</summary>
    /// <param name="field">The request's <c>user</c> field.</param>
    public string UserOf(string? field)
    {
        if (field is not null && Key.AllowUserField) return $"{LimitScopes.EndUserPrefix}{Key.Id}:{field}";
        return Key.UserId is { } user ? LimitScopes.UserPrefix + user : LimitScopes.KeyPrefix + Key.Id;
    }

    /// <summary>Whether any of them has a limit for a single model.</summary>
    public bool LimitsModels => !Key.ModelLimits.IsEmpty || User is { ModelLimits.IsEmpty: false } || Team is { ModelLimits.IsEmpty: false };

    /// <summary>The scopes of key, user and team that have numbers of their own, with what is configured beneath them; the narrowest first.</summary>
    /// <param name="models">Every name of the model that is asked for.</param>
    /// <param name="standIns">Every name of those that may come to serve in its place.</param>
    public ImmutableArray<LimitedScope> ScopesOf(LimitOptions limits, IReadOnlyCollection<string> models, IReadOnlyCollection<string> standIns)
    {
        var scopes = ImmutableArray.CreateBuilder<LimitedScope>();
        AddModels(Key);
        AddOwn(AccountScopes.Of(Key, limits));
        if (Key.UserId is { } user)
        {
            if (User is not null) AddModels(User);
            // Asked always, so that a user that has lost its own numbers loses them at once.
            var scope = LimitScopes.UserPrefix + user;
            scopes.Add(User is null ? new LimitedScope(scope, limits.OfUser(scope)) : AccountScopes.Of(User, limits));
        }

        if (Team is not null)
        {
            AddModels(Team);
            AddOwn(AccountScopes.Of(Team, limits));
        }

        return scopes.DrainToImmutable();

        void AddModels(Account holder)
        {
            foreach (var own in holder.ModelLimits)
            {
                var isAsked = models.Contains(own.Model);
                if (!isAsked && !standIns.Contains(own.Model)) continue;
                AddOwn(new LimitedScope(LimitScopes.PerModel(AccountKeys.Of(holder.Kind, holder.Id), own.Model), own.Limits, OfStandIn: !isAsked));
            }
        }

        void AddOwn(LimitedScope scope)
        {
            if (scope.Limits.Any) scopes.Add(scope);
        }
    }

    /// <summary>Of key and team, read when they are first asked for.</summary>
    public ImmutableArray<string> Tags => field.IsDefault ? field = AccountTags.Of(Key, Team) : field;

    /// <summary>The key's own, else its user's, else its team's; null: as configured.</summary>
    public int? Priority => Key.Priority ?? User?.Priority ?? Team?.Priority;

    /// <inheritdoc cref="Priority"/>
    public double? Weight => Key.Weight ?? User?.Weight ?? Team?.Weight;
}
