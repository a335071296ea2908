namespace OrleansLlm.Grains.Sessions;

/// <summary>What is stored of the browsers that are signed in with one key.</summary>
[GenerateSerializer, Alias("OrleansLlm.SessionsState")]
public sealed class SessionsState
{
    [Id(0)] public List<StoredSession> Sessions { get; set; } = [];

    /// <summary>What may be shown of the key.</summary>
    [Id(1)] public string Mask { get; set; } = "";
}

/// <param name="Hash">Of the secret.</param>
/// <param name="Used">As far as it was written down.</param>
[GenerateSerializer, Alias("OrleansLlm.StoredSession")]
public sealed record StoredSession([property: Id(0)] string Hash, [property: Id(1)] DateTimeOffset Used);
