using OrleansLlm.Grains.Conversations;

namespace OrleansLlm.Grains.Responses;

/// <summary>One response in the store. No record: there is none.</summary>
[GenerateSerializer, Alias("OrleansLlm.ResponseState")]
public sealed class ResponseState
{
    /// <summary>As <see cref="OrleansLlm.Responses.ResponseStatus"/>.</summary>
    [Id(0)] public int Status { get; set; }

    /// <summary>UTC ticks of its last change.</summary>
    [Id(1)] public long UsedAt { get; set; }

    /// <summary>Whose list it is on.</summary>
    [Id(2)] public string User { get; set; } = "";

    [Id(3)] public string Model { get; set; } = "";

    /// <summary>Seconds since 1970.</summary>
    [Id(4)] public long CreatedAt { get; set; }

    [Id(5)] public byte[] Request { get; set; } = [];

    [Id(6)] public bool Background { get; set; }

    [Id(7)] public byte[] Completion { get; set; } = [];

    /// <summary>System messages of the conversation that it was a turn of.</summary>
    [Id(8)] public byte[] System { get; set; } = [];

    /// <summary>Its own turn is the last.</summary>
    [Id(9)] public List<StoredTurn> Turns { get; set; } = [];

    /// <summary>As <see cref="OrleansLlm.Inference.FailureKind"/>.</summary>
    [Id(10)] public int FailureKind { get; set; }

    [Id(11)] public string FailureMessage { get; set; } = "";

    [Id(12)] public string? FailureCode { get; set; }

    [Id(13)] public int? UpstreamStatus { get; set; }

    /// <summary>Of one in the background that has no answer; of one that has it is in its turn.</summary>
    [Id(50)] public byte[] Input { get; set; } = [];
}
