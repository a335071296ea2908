using System.Collections.Immutable;
using OrleansLlm.Catalog;

namespace OrleansLlm.Keys;

/// <summary>A holder of rights: a virtual key, a user or a team. What all three may have is one record.</summary>
[GenerateSerializer, Immutable, Alias("OrleansLlm.Account")]
public sealed record Account
{
    [Id(0)] public required AccountKind Kind { get; init; }

    /// <summary>Of a key its SHA-256 in lower hex digits, never the key; else the name that the administrator gave.</summary>
    [Id(1)] public required string Id { get; init; }

    /// <summary>Counts the changes from 1; 0: not stored yet.</summary>
    [Id(2)] public long Version { get; init; }

    [Id(3)] public string? Alias { get; init; }

    /// <summary>Names or patterns with <c>*</c>; empty: all.</summary>
    [Id(4)] public ImmutableArray<string> Models { get => field.IsDefault ? [] : field; init; } = [];

    /// <summary>Its own numbers; what is null is as configured for everybody.</summary>
    [Id(5)] public RateLimits Limits { get => field ?? RateLimits.None; init; } = RateLimits.None;

    [Id(6)] public ImmutableArray<ModelLimits> ModelLimits { get => field.IsDefault ? [] : field; init; } = [];

    /// <summary>In US dollars.</summary>
    [Id(7)] public double? MaxBudget { get; init; }

    /// <summary>LiteLLM's form, for instance <c>30d</c>.</summary>
    [Id(8)] public string? BudgetDuration { get; init; }

    [Id(9)] public bool Blocked { get; init; }

    /// <summary>Null: never.</summary>
    [Id(10)] public DateTimeOffset? Expires { get; init; }

    /// <summary>Of a key: whose it is.</summary>
    [Id(11)] public string? UserId { get; init; }

    /// <summary>Of a key or a user.</summary>
    [Id(12)] public string? TeamId { get; init; }

    /// <summary>A JSON object, as the administrator wrote it.</summary>
    [Id(13)] public string Metadata { get => field ?? "{}"; init; } = "{}";

    /// <summary>Other fields of LiteLLM's that are kept and shown and mean nothing here: a JSON object.</summary>
    [Id(14)] public string Extra { get => field ?? "{}"; init; } = "{}";

    /// <summary>The best priority its requests can have, 0 to 255; null: its user's, its team's, else as configured.</summary>
    [Id(15)] public int? Priority { get; init; }

    /// <summary>Share of the slots, 0.01 to 100; null: as for the priority.</summary>
    [Id(16)] public double? Weight { get; init; }

    /// <summary>Of a key: whether requests may name end users in the <c>user</c> field, who then queue and count apart within the key.</summary>
    [Id(17)] public bool AllowUserField { get; init; }

    /// <summary>Of a key: what may be shown of it, for instance <c>sk-...abcd</c>.</summary>
    [Id(18)] public string? Mask { get; init; }

    [Id(19)] public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Masked.</summary>
    [Id(20)] public string? CreatedBy { get; init; }

    [Id(21)] public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Masked.</summary>
    [Id(22)] public string? UpdatedBy { get; init; }

    /// <summary>In US dollars: warns, and refuses nothing.</summary>
    [Id(23)] public double? SoftBudget { get; init; }

    /// <summary>Of a user: <c>admin</c> or <c>user</c> in its team, which is kept and shown; null: not said.</summary>
    [Id(24)] public string? TeamRole { get; init; }

    /// <summary>All of its own numbers, the budget among them.</summary>
    public RateLimits Allowance => Limits with { Budget = Budget.Of(MaxBudget, BudgetDuration, SoftBudget) };
}

/// <summary>Limits for one model, by the name that requests ask for or that of its group.</summary>
[GenerateSerializer, Immutable, Alias("OrleansLlm.ModelLimits")]
public sealed record ModelLimits([property: Id(0)] string Model, [property: Id(1)] RateLimits Limits);

/// <summary>Numbers are on the wire and in the store: append only.</summary>
[GenerateSerializer, Alias("OrleansLlm.AccountKind")]
public enum AccountKind
{
    Key = 0,
    User = 1,
    Team = 2,
}
