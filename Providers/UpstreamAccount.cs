namespace OrleansLlm.Providers;

/// <summary>What some services want to know about the account besides a key.</summary>
public sealed record UpstreamAccount
{
    public static UpstreamAccount None { get; } = new();

    /// <summary>Azure's <c>api-version</c>, or Anthropic's; null: the one this version was written against.</summary>
    public string? ApiVersion { get; init; }

    /// <summary>Google Cloud project; null: the one of the credentials.</summary>
    public string? Project { get; init; }

    /// <summary>Google Cloud region, or <c>global</c>; AWS's region.</summary>
    public string? Location { get; init; }

    /// <summary>Google credentials: a JSON text or the path of a file with one. Null: the metadata server of the machine is asked. Secret.</summary>
    public string? Credentials { get; init; }

    /// <summary>Keys that sign requests to AWS; null: there are none. Secret.</summary>
    public AwsKeys? Aws { get; init; }

    /// <summary>The metadata server. Default http://metadata.google.internal.</summary>
    public Uri MetadataServer { get; init; } = new("http://metadata.google.internal");

    /// <summary>Without the credentials.</summary>
    public override string ToString() => $"{Project ?? "?"}/{Location ?? "?"}";
}

/// <summary>An access key of AWS. Secret.</summary>
/// <param name="SessionToken">Beside a key that somebody has for a while only; null: it is for good.</param>
public sealed record AwsKeys(string AccessKeyId, string SecretAccessKey, string? SessionToken)
{
    /// <summary>Without any of it.</summary>
    public override string ToString() => nameof(AwsKeys);
}
