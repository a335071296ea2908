using System.Text;
using OrleansLlm.Providers;

namespace OrleansLlm.Bench.Fuzz.Corpus;

/// <summary>What a service answers when all is well: the bytes of the golden exchanges, and short ones of errors.</summary>
/// <param name="Provider">LiteLLM's name, as the golden folder has it.</param>
internal sealed record AnswerSeed(string Provider, UpstreamOperation Operation, string ContentType, byte[] Body)
{
    private const string Golden = "golden/";

    /// <summary>In the order of their names, so that a number means the same everywhere.</summary>
    public static IReadOnlyList<AnswerSeed> All { get; } = [.. Read().OrderBy(s => s.Name, StringComparer.Ordinal).Select(s => s.Seed)];

    public bool IsStream => ContentType != "application/json";

    /// <summary>The golden requests of one operation, as OpenAI says them.</summary>
    public static IEnumerable<string> Asks(UpstreamOperation operation) => Names().Where(n => n.EndsWith("/ask.json", StringComparison.Ordinal))
        .Select(n => System.Text.Json.Nodes.JsonNode.Parse(Load(n))!)
        .Where(ask => OperationOf((string?)ask["operation"]) == operation)
        .Select(ask => ask["body"]!.ToJsonString());

    private static IEnumerable<(string Name, AnswerSeed Seed)> Read()
    {
        foreach (var name in Names().Where(n => n.Contains("/answer.", StringComparison.Ordinal)))
        {
            var parts = name[Golden.Length..].Split('/');
            var ask = System.Text.Json.Nodes.JsonNode.Parse(Load(name[..name.LastIndexOf('/')] + "/ask.json"))!;
            var text = Encoding.UTF8.GetString(Load(name)).ReplaceLineEndings(name.EndsWith(".crlf", StringComparison.Ordinal) ? "\r\n" : "\n");
            var type = Path.GetExtension(name) switch { ".json" => "application/json", ".ndjson" => "application/x-ndjson", _ => "text/event-stream" };
            yield return (name, new AnswerSeed(parts[0] == "deepseek" ? "openai" : parts[0], OperationOf((string?)ask["operation"]), type, Encoding.UTF8.GetBytes(text)));
        }
    }

    private static UpstreamOperation OperationOf(string? name) => name is null ? UpstreamOperation.Chat : Enum.Parse<UpstreamOperation>(name);

    private static IEnumerable<string> Names() => typeof(AnswerSeed).Assembly.GetManifestResourceNames()
        .Select(n => n.Replace('\\', '/')).Where(n => n.StartsWith(Golden, StringComparison.Ordinal)).Order(StringComparer.Ordinal);

    private static byte[] Load(string name)
    {
        using var stream = typeof(AnswerSeed).Assembly.GetManifestResourceStream(name)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
