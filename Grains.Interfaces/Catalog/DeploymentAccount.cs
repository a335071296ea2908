namespace OrleansLlm.Catalog;

/// <summary>What some services want to know about an account besides a key.</summary>
public sealed record DeploymentAccount
{
    public static DeploymentAccount None { get; } = new();

    /// <summary><c>api_version</c> (Azure); null: the provider's default.</summary>
    public string? ApiVersion { get; init; }

    /// <summary><c>vertex_project</c>, or the one that the credentials name.</summary>
    public string? Project { get; init; }

    /// <summary><c>vertex_location</c>, or <c>aws_region_name</c>.</summary>
    public string? Location { get; init; }

    /// <summary><c>vertex_credentials</c>: the JSON or the path of a file with it; null: the machine's own account. Secret: never logged, never
    /// shown.</summary>
    public string? Credentials { get; init; }

    /// <summary><c>aws_access_key_id</c> and what belongs to it; null: a key is sent instead.</summary>
    public AwsAccessKey? Aws { get; init; }

    /// <summary>Google's metadata server, where it is not at its usual address.</summary>
    public Uri? MetadataServer { get; init; }

    /// <summary>Without the credentials.</summary>
    public override string ToString() => $"{Project}/{Location}";
}

/// <summary>What signs requests to AWS. Secret: never logged, never shown.</summary>
public sealed record AwsAccessKey(string Id, string Secret, string? SessionToken)
{
    /// <summary>Without any of it.</summary>
    public override string ToString() => nameof(AwsAccessKey);
}
