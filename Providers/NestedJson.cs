using System.Text.Json;

namespace OrleansLlm.Providers;

/// <summary>
/// How deep what a service or a client sends may lie within itself: deeper than the 64 levels that the door lets through, since what is read here is wrapped in
/// messages, events and schemas, and far from what would fill a thread's stack.
/// </summary>
internal static class NestedJson
{
    private const int Levels = 1000;

    public static readonly JsonDocumentOptions Document = new() { MaxDepth = Levels };

    /// <summary>What is going to be wrapped once more, and read again.</summary>
    public static readonly JsonDocumentOptions Within = new() { MaxDepth = Levels - 1 };

    public static readonly JsonReaderOptions Reader = new() { MaxDepth = Levels };
}
