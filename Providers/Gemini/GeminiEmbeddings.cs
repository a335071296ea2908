using System.Text.Json;

namespace OrleansLlm.Providers.Gemini;

/// <summary>Where in Google's two answers the vectors are.</summary>
internal static class GeminiEmbeddings
{
    /// <summary><c>batchEmbedContents</c>, which tells no tokens.</summary>
    public static (List<JsonElement>, long?) Read(JsonElement root) =>
        ([.. root.GetProperty("embeddings").EnumerateArray().Select(entry => entry.GetProperty("values"))], null);

    /// <summary>Vertex AI's <c>predict</c>.</summary>
    public static (List<JsonElement>, long?) ReadPredictions(JsonElement root)
    {
        var embeddings = root.GetProperty("predictions").EnumerateArray().Select(entry => entry.GetProperty("embeddings")).ToList();
        long? tokens = embeddings.All(e => e.TryGetProperty("statistics", out var s) && s.TryGetProperty("token_count", out _))
            ? (long)embeddings.Sum(e => e.GetProperty("statistics").GetProperty("token_count").GetDouble()) : null;
        return ([.. embeddings.Select(e => e.GetProperty("values"))], tokens);
    }
}
