using System.Text.Json;

namespace OrleansLlm.Api.Doors;

/// <summary>How deep an answer may lie within itself that a door tells in its own words. Requests are held to less (<see cref="Chat.ChatScanner"/>).</summary>
internal static class NestedJson
{
    private const int Levels = 1000;

    public static readonly JsonDocumentOptions Document = new() { MaxDepth = Levels };

    public static readonly JsonReaderOptions Reader = new() { MaxDepth = Levels };
}
