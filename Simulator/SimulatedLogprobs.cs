using System.Text;
using System.Text.Json;

namespace OrleansLlm.Simulator;

/// <summary>Probabilities of tokens that were never drawn: each was likely, and its alternatives less and less so.</summary>
internal static class SimulatedLogprobs
{
    private const double Likely = -0.25;

    /// <summary>A JSON array with an entry for each token, which is Ollama's form and what OpenAI has under <c>content</c>.</summary>
    /// <param name="top">How many alternatives each entry has, the token itself first.</param>
    public static string Entries(ReadOnlySpan<char> text, int top)
    {
        var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, ReplyWriter.JsonOptions))
        {
            json.WriteStartArray();
            for (var at = 0; at < text.Length;)
            {
                var end = Answer.NextToken(text, at);
                WriteEntry(json, text[at..end].ToString(), top);
                at = end;
            }

            json.WriteEndArray();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    public static string OpenAi(ReadOnlySpan<char> text, int top) => $$"""{"content":{{Entries(text, top)}},"refusal":null}""";

    private static void WriteEntry(Utf8JsonWriter json, string token, int top)
    {
        json.WriteStartObject();
        WriteToken(json, token, Likely);
        json.WriteStartArray("top_logprobs");
        for (var rank = 0; rank < top; rank++)
        {
            json.WriteStartObject();
            WriteToken(json, rank == 0 ? token : $" other{rank}", Likely - rank);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteToken(Utf8JsonWriter json, string token, double logprob)
    {
        json.WriteString("token", token);
        json.WriteNumber("logprob", logprob);
        json.WriteStartArray("bytes");
        foreach (var one in Encoding.UTF8.GetBytes(token)) json.WriteNumberValue(one);
        json.WriteEndArray();
    }
}
