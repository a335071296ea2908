using OrleansLlm.Grains.Limits;

namespace OrleansLlm.Grains.Users;

/// <summary>What is known of a user over a restart.</summary>
[GenerateSerializer, Alias("OrleansLlm.UserState")]
public sealed class UserState
{
    [Id(0)] public long Requests { get; set; }

    [Id(1)] public long PromptTokens { get; set; }

    [Id(2)] public long CompletionTokens { get; set; }

    [Id(3)] public LimitState Limits { get; set; } = new();
}
