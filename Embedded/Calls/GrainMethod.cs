namespace Orleans.Embedded;

/// <summary>How a call is admitted. For generated code.</summary>
[Flags]
public enum CallOptions
{
    None = 0,
    OneWay = 1,
    ReadOnly = 2,
    AlwaysInterleave = 4,
}

/// <summary>What all calls of one grain method have in common. For generated code, which makes one for each method.</summary>
/// <param name="name">For messages: <c>ICounter.AddAsync</c>.</param>
/// <param name="options">From the method's attributes.</param>
/// <param name="responseTimeoutTicks">From <see cref="ResponseTimeoutAttribute"/>; 0 for the configured one.</param>
public sealed class GrainMethod(string name, CallOptions options, long responseTimeoutTicks)
{
    public GrainMethod(string name, CallOptions options)
        : this(name, options, 0)
    {
    }

    internal string Name { get; } = name;

    internal CallOptions Options { get; } = options;

    internal TimeSpan? ResponseTimeout { get; } = responseTimeoutTicks == 0 ? null : TimeSpan.FromTicks(responseTimeoutTicks);
}
