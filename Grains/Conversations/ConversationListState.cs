namespace OrleansLlm.Grains.Conversations;

[GenerateSerializer, Alias("OrleansLlm.ConversationListState")]
public sealed class ConversationListState
{
    /// <summary>The longest unused first.</summary>
    [Id(0)] public List<ListedConversation> Conversations { get; set; } = [];
}

[GenerateSerializer, Alias("OrleansLlm.ListedConversation")]
public sealed class ListedConversation
{
    /// <summary>The conversation grain's key.</summary>
    [Id(0)] public string Key { get; set; } = "";

    /// <summary>UTC ticks.</summary>
    [Id(1)] public long ListedAt { get; set; }
}
