using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using OrleansLlm.Providers;
using OrleansLlm.Simulator;

namespace OrleansLlm.Upstream.Golden;

/// <summary>
/// Whole exchanges as files, one folder each: <c>ask.json</c> is the client's request and the deployment it goes to, <c>sent.json</c> what the
/// service must get, <c>answer.*</c> the service's bytes in the shape of its public documentation (<c>.events</c>: the events of AWS's binary stream, one a line), <c>chunks.txt</c> the exact chunks, one a line,
/// and <c>whole.json</c> what a client without a stream gets.
/// </summary>
public sealed class GoldenTests
{
    private static readonly string Root = Path.Combine(AppContext.BaseDirectory, "Golden");

    public static TheoryData<string> Cases =>
        [.. Directory.EnumerateFiles(Root, "ask.json", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(Root, Path.GetDirectoryName(file)!)).Order(StringComparer.Ordinal)];

    [Fact]
    public void EveryWireHasGoldenFiles()
    {
        var wires = Cases.Select(c => UpstreamProviders.Find(ProviderOf(c.Data)).Wire).Distinct().Order();
        Assert.Equal(Enum.GetValues<UpstreamWire>().Order(), wires);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Exchange(string name)
    {
        var folder = Path.Combine(Root, name);
        var ask = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "ask.json")))!;
        var answer = Directory.GetFiles(folder, "answer.*").Single();
        var body = (await File.ReadAllTextAsync(answer)).ReplaceLineEndings(answer.EndsWith(".crlf", StringComparison.Ordinal) ? "\r\n" : "\n");
        await using var server = await Recorder.StartAsync();
        server.Answer = _ => (200, Path.GetExtension(answer) switch { ".json" => "application/json", ".ndjson" => "application/x-ndjson", _ => "text/event-stream" }, body);
        if (answer.EndsWith(".events", StringComparison.Ordinal))
        {
            server.Write = response =>
            {
                response.ContentType = "application/vnd.amazon.eventstream";
                return response.Body.WriteAsync(EventStreamWriter.Lines(body)).AsTask();
            };
        }

        await using var services = new ServiceCollection().AddProviders().BuildServiceProvider();

        var (chunks, report) = (new List<UpstreamChunk>(), new UpstreamReport());
        await foreach (var chunk in services.GetRequiredService<IUpstream>().StreamAsync(Request(ask, name, server.BaseAddress), report, default)) chunks.Add(chunk);

        var asked = Assert.Single(server.Requests);
        var sent = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "sent.json")))!;
        Assert.Equal((string)sent["path"]!, asked.Path);
        foreach (var (header, value) in sent["headers"]?.AsObject() ?? []) Assert.Equal((string?)value, asked.Headers.GetValueOrDefault(header));
        Assert.Equal(sent["body"]!.ToJsonString(), JsonNode.Parse(asked.Body)!.ToJsonString());
        Assert.Equal(sent["dropped"]?.AsArray().Select(d => (string)d!) ?? [], report.DroppedParameters.Order(StringComparer.Ordinal));
        var expected = (await File.ReadAllTextAsync(Path.Combine(folder, "chunks.txt"))).ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');
        Assert.Equal(expected, chunks.Select(chunk => chunk.Raw()));
        var whole = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "whole.json")))!;
        Assert.Equal(whole.ToJsonString(), JsonNode.Parse(chunks.Gather().GetRawText())!.ToJsonString());
    }

    /// <summary>The folder of the exchange's own.</summary>
    private static string ProviderOf(string name) => Path.GetDirectoryName(name)!.Replace(Path.DirectorySeparatorChar, '/');

    private static UpstreamRequest Request(JsonNode ask, string name, Uri server) => new()
    {
        Provider = ProviderOf(name),
        ApiBase = new Uri(server, (string?)ask["base"] ?? "/"),
        ApiKey = "sk-secret",
        Model = (string)ask["model"]!,
        PublicModel = "public",
        Operation = Enum.Parse<UpstreamOperation>((string?)ask["operation"] ?? "Chat"),
        Body = Encoding.UTF8.GetBytes(ask["body"]!.ToJsonString(new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping })),
        CompletionId = "chatcmpl-1",
        Created = 1_700_000_000,
        ClientWantsUsage = true,
        Account = new UpstreamAccount { Project = "my-project", Location = "europe-west4" },
        Parameters = new ParameterRules { Drop = (bool?)ask["drop_params"] },
    };
}
