namespace OrleansLlm.Grains.Conversations;

/// <summary>One conversation in the store. No record: there is none.</summary>
[GenerateSerializer, Alias("OrleansLlm.ConversationState")]
public sealed class ConversationState
{
    /// <summary>UTC ticks; 0: there is no conversation.</summary>
    [Id(0)] public long CreatedAt { get; set; }

    /// <summary>UTC ticks of the last turn.</summary>
    [Id(1)] public long UsedAt { get; set; }

    /// <summary>UTC ticks of when it was last put on its user's list.</summary>
    [Id(2)] public long ListedAt { get; set; }

    /// <summary>Whose list it is on.</summary>
    [Id(3)] public string User { get; set; } = "";

    [Id(4)] public byte[] System { get; set; } = [];

    [Id(5)] public byte[] Metadata { get; set; } = [];

    [Id(6)] public List<StoredTurn> Turns { get; set; } = [];
}

/// <summary>One turn in the store; its members are those of <see cref="OrleansLlm.Conversations.ConversationTurn"/>.</summary>
[GenerateSerializer, Alias("OrleansLlm.StoredTurn")]
public sealed class StoredTurn
{
    [Id(0)] public string Id { get; set; } = "";

    [Id(1)] public byte[] Asked { get; set; } = [];

    [Id(2)] public byte[] Answer { get; set; } = [];

    [Id(3)] public long Tokens { get; set; }

    [Id(4)] public bool Continues { get; set; }

    [Id(50)] public bool AskedAgain { get; set; }

    public int Bytes() => Asked.Length + Answer.Length;
}
