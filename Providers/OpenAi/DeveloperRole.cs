using System.Text.Json;

namespace OrleansLlm.Providers.OpenAi;

/// <summary>
/// OpenAI's newer word for the role of a system prompt, which other services refuse, or their models' templates pass over: to them it is said in the older one, as
/// LiteLLM does.
/// </summary>
internal static class DeveloperRole
{
    private static readonly byte[] Older = "\"system\""u8.ToArray();

    public static ReadOnlyMemory<byte> SaidAsSystem(ReadOnlyMemory<byte> body, UpstreamRequest request, UpstreamProvider provider)
    {
        // Hardly any request has one: it is looked for before anything is read.
        if (provider.ServesOpenAisModels || request.Operation != UpstreamOperation.Chat || body.Span.IndexOf("\"developer\""u8) < 0) return body;
        return Splices.Edit(body, Find);
    }

    private static void Find(ReadOnlySpan<byte> body, Splices splices)
    {
        var reader = new Utf8JsonReader(body, NestedJson.Reader);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isMessages = reader.ValueTextEquals("messages"u8);
            reader.Read();
            if (!isMessages || reader.TokenType != JsonTokenType.StartArray)
            {
                reader.Skip();
                continue;
            }

            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (reader.TokenType == JsonTokenType.StartObject) FindInMessage(ref reader, splices);
                else reader.Skip();
            }
        }
    }

    private static void FindInMessage(ref Utf8JsonReader reader, Splices splices)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isRole = reader.ValueTextEquals("role"u8);
            reader.Read();
            if (isRole && reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("developer"u8))
                splices.Replace((int)reader.TokenStartIndex, (int)reader.BytesConsumed, Older);
            else reader.Skip();
        }
    }
}
