using System.Collections.Frozen;

namespace OrleansLlm.Providers;

/// <summary>What becomes of parameters that a provider does not support; LiteLLM's settings of the same names.</summary>
public sealed record ParameterRules
{
    public static ParameterRules Default { get; } = new();

    /// <summary>
    /// <c>drop_params</c>. True: they are left out and reported. False: the request is refused, and the refusal names them. Null, the default: a
    /// translated dialect leaves them out and reports them, a forwarded one passes them on and lets the service judge.
    /// </summary>
    public bool? Drop { get; init; }

    /// <summary><c>additional_drop_params</c>: always left out and reported. <c>a.b</c> is a member inside, <c>a[*].b</c> one of every
    /// element.</summary>
    public IReadOnlySet<string> AlsoDrop { get; init; } = FrozenSet<string>.Empty;

    /// <summary><c>allowed_openai_params</c>: taken to be supported, whatever the table of providers says.</summary>
    public IReadOnlySet<string> Allowed { get; init; } = FrozenSet<string>.Empty;

    public bool IsDefault => Drop is null && AlsoDrop.Count == 0 && Allowed.Count == 0;
}
