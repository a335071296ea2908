namespace OrleansLlm.Api.Chat;

/// <summary>The few fields of a chat request that the gateway itself acts on.</summary>
internal sealed record ChatFields
{
    /// <summary>Null: the configured default.</summary>
    public string? Model { get; set; }

    public bool Stream { get; set; }

    public bool IncludeUsage { get; set; }

    public string? User { get; set; }

    public bool DisableFallbacks { get; set; }

    /// <summary>Seconds.</summary>
    public double? Timeout { get; set; }

    public int? Retries { get; set; }

    /// <summary>0 is served first.</summary>
    public int? Priority { get; set; }

    /// <summary>Seconds.</summary>
    public double? QueueTimeout { get; set; }

    /// <summary>A hash of all messages.</summary>
    public ulong? Turn { get; set; }

    /// <summary>A hash of the messages before the last answer: the <see cref="Turn"/> of the request that it answered.</summary>
    public ulong? Follows { get; set; }
}
