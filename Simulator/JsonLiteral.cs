using System.Text.Json;

namespace OrleansLlm.Simulator;

internal static class JsonLiteral
{
    /// <summary>A text with its quotes, as it stands in JSON.</summary>
    public static string Of(string text) => $"\"{JsonEncodedText.Encode(text)}\"";
}
