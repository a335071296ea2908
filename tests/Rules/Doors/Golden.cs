using System.Text;
using System.Text.Json.Nodes;

namespace OrleansLlm.Tests.Rules.Doors;

/// <summary>
/// The files under Golden, written by hand after the public references of Anthropic's Messages API and Ollama's API: what a client says and
/// what becomes of it, and what a model says and how it is told.
/// </summary>
internal static class Golden
{
    public static string Read(string path) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Doors", "Golden", path));

    public static byte[] Bytes(string path) => Encoding.UTF8.GetBytes(Read(path));

    public static string[] Lines(string path) => Read(path).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Cases of a door that have such a file.</summary>
    public static IEnumerable<string> Cases(string door, string file) =>
        Directory.EnumerateDirectories(Path.Combine(AppContext.BaseDirectory, "Doors", "Golden", door))
            .Where(d => File.Exists(Path.Combine(d, file))).Select(d => $"{door}/{Path.GetFileName(d)}").Order();

    public static void SameJson(string expected, ReadOnlyMemory<byte> actual)
    {
        var text = Encoding.UTF8.GetString(actual.Span);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(text)), $"Expected {JsonNode.Parse(expected)!.ToJsonString()}\nbut got  {text}");
    }
}
