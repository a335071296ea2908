using OrleansLlm.Catalog;

namespace OrleansLlm.Silo.Configuration;

/// <summary><c>gateway_settings.conversations</c>.</summary>
internal static class ConversationReader
{
    public static ConversationOptions? Read(ConfigSection s)
    {
        if (s.Map("conversations") is not { } map) return null;
        var path = s.PathOf("conversations");
        s.Report.Honoured(path, map.Line);
        var section = new ConfigSection(map, path, s.Report);
        var defaults = new ConversationOptions();
        var options = new ConversationOptions
        {
            Ttl = section.Seconds("ttl", 1) ?? defaults.Ttl,
            MaxTurns = section.Int("max_turns", 1, 10_000) ?? defaults.MaxTurns,
            MaxBytes = (long?)section.Number("max_bytes", 1024, 16 << 20) ?? defaults.MaxBytes,
            MaxConversations = section.Int("max_conversations", 1, 10_000) ?? defaults.MaxConversations,
            MaxResponses = section.Int("max_responses", 1, 10_000) ?? defaults.MaxResponses,
        };
        section.Finish();
        return options;
    }
}
