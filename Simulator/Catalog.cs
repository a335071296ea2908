using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace OrleansLlm.Simulator;

/// <summary>What the server tells about its models, and embeddings (which are hashes: the same text, the same vector).</summary>
internal sealed class Catalog(SimulatorOptions options, LoadedModels loaded, OllamaRequests ollama, OpenAiRequests openAi)
{
    private const int Dimensions = 8;
    private static readonly DateTimeOffset Modified = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static bool OnlyEmbeds(string model) => model.Contains("embed", StringComparison.Ordinal) || model.Contains("bert", StringComparison.Ordinal);

    public static bool Thinks(string model) =>
        new[] { "think", "qwen3", "deepseek-r1", "gpt-oss" }.Any(mark => model.Contains(mark, StringComparison.Ordinal));

    public Task TagsAsync(HttpContext http) => WriteAsync(http, json =>
    {
        json.WriteStartArray("models");
        foreach (var model in options.Models)
        {
            json.WriteStartObject();
            WriteModel(json, model);
            json.WriteString("modified_at", Modified);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    public Task PsAsync(HttpContext http) => WriteAsync(http, json =>
    {
        json.WriteStartArray("models");
        foreach (var model in loaded.Names)
        {
            json.WriteStartObject();
            WriteModel(json, model);
            json.WriteString("expires_at", options.Time.GetUtcNow().AddMinutes(5));
            json.WriteNumber("size_vram", 500_000_000);
            json.WriteNumber("context_length", 4096);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    public async Task ShowAsync(HttpContext http, JsonElement request)
    {
        var model = ollama.KnownModel(request);
        await WriteAsync(http, json =>
        {
            json.WriteString("parameters", "");
            json.WriteString("template", "{{ .Prompt }}");
            WriteDetails(json);
            json.WriteStartObject("model_info");
            json.WriteString("general.architecture", "simulated");
            json.WriteNumber("simulated.context_length", 32768);
            json.WriteEndObject();
            json.WriteStartArray("capabilities");
            foreach (var capability in OnlyEmbeds(model) ? ["embedding"] : Thinks(model) ? ["completion", "tools", "thinking"] : new[] { "completion", "tools" })
                json.WriteStringValue(capability);
            json.WriteEndArray();
            json.WriteString("modified_at", Modified);
        });
    }

    public Task VersionAsync(HttpContext http) => WriteAsync(http, json => json.WriteString("version", "0.13.3"));

    public Task ModelsAsync(HttpContext http) => WriteAsync(http, json =>
    {
        json.WriteString("object", "list");
        json.WriteStartArray("data");
        foreach (var model in options.Models)
        {
            json.WriteStartObject();
            json.WriteString("id", model);
            json.WriteString("object", "model");
            json.WriteNumber("created", Modified.ToUnixTimeSeconds());
            json.WriteString("owned_by", "library");
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    public async Task EmbedAsync(HttpContext http, JsonElement request)
    {
        var model = ollama.KnownModel(request);
        var inputs = Inputs(request);
        using var slot = await loaded.EnterAsync(model, "", TimeSpan.Zero, takeSlot: true, http.RequestAborted);
        await WriteAsync(http, json =>
        {
            json.WriteString("model", model);
            json.WriteStartArray("embeddings");
            foreach (var input in inputs)
            {
                json.WriteStartArray();
                foreach (var value in Vector(input)) json.WriteNumberValue(value);
                json.WriteEndArray();
            }

            json.WriteEndArray();
            json.WriteNumber("total_duration", 1_000_000);
            json.WriteNumber("load_duration", slot.LoadTime.Ticks * TimeSpan.NanosecondsPerTick);
            json.WriteNumber("prompt_eval_count", inputs.Sum(input => Answer.CountTokens(input)));
        });
    }

    public async Task EmbeddingsAsync(HttpContext http, JsonElement request)
    {
        var model = openAi.KnownModel(request);
        var inputs = Inputs(request);
        using var slot = await loaded.EnterAsync(model, "", TimeSpan.Zero, takeSlot: true, http.RequestAborted);
        var base64 = request.Text("encoding_format") == "base64";
        await WriteAsync(http, json =>
        {
            json.WriteString("object", "list");
            json.WriteStartArray("data");
            for (var index = 0; index < inputs.Length; index++)
            {
                json.WriteStartObject();
                json.WriteString("object", "embedding");
                json.WriteNumber("index", index);
                json.WritePropertyName("embedding");
                var vector = Vector(inputs[index]);
                if (base64) json.WriteBase64StringValue(MemoryMarshal.AsBytes<float>(vector));
                else
                {
                    json.WriteStartArray();
                    foreach (var value in vector) json.WriteNumberValue(value);
                    json.WriteEndArray();
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteString("model", model);
            var tokens = inputs.Sum(input => Answer.CountTokens(input));
            json.WriteStartObject("usage");
            json.WriteNumber("prompt_tokens", tokens);
            json.WriteNumber("total_tokens", tokens);
            json.WriteEndObject();
        });
    }

    public Task GeminiModelsAsync(HttpContext http) => WriteAsync(http, json =>
    {
        json.WriteStartArray("models");
        foreach (var model in options.Models)
        {
            json.WriteStartObject();
            json.WriteString("name", "models/" + model);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    public async Task GeminiEmbedAsync(HttpContext http, string model, JsonElement request)
    {
        var texts = request.Items("requests")
            .Select(one => string.Concat((one.Member("content", JsonValueKind.Object) ?? default).Items("parts").Select(part => part.Text("text")))).ToArray();
        if (texts.Length == 0) throw new RefusedException(400, "* BatchEmbedContentsRequest.requests: contents is not specified");
        if (texts.Length > 100) throw new RefusedException(400, "* BatchEmbedContentsRequest.requests: at most 100 requests can be in one batch");
        using var slot = await loaded.EnterAsync(model, "", TimeSpan.Zero, takeSlot: true, http.RequestAborted);
        await WriteAsync(http, json =>
        {
            json.WriteStartArray("embeddings");
            foreach (var text in texts)
            {
                json.WriteStartObject();
                WriteValues(json, text);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    public async Task VertexEmbedAsync(HttpContext http, string model, JsonElement request)
    {
        var texts = request.Items("instances").Select(instance => instance.Text("content") ?? "").ToArray();
        if (texts.Length == 0) throw new RefusedException(400, "instances is empty");
        using var slot = await loaded.EnterAsync(model, "", TimeSpan.Zero, takeSlot: true, http.RequestAborted);
        await WriteAsync(http, json =>
        {
            json.WriteStartArray("predictions");
            foreach (var text in texts)
            {
                json.WriteStartObject();
                json.WriteStartObject("embeddings");
                WriteValues(json, text);
                json.WriteStartObject("statistics");
                json.WriteNumber("token_count", Answer.CountTokens(text));
                json.WriteBoolean("truncated", false);
                json.WriteEndObject();
                json.WriteEndObject();
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    private static void WriteValues(Utf8JsonWriter json, string text)
    {
        json.WriteStartArray("values");
        foreach (var value in Vector(text)) json.WriteNumberValue(value);
        json.WriteEndArray();
    }

    private static string[] Inputs(JsonElement request) => request.Text("input") is { } one
        ? [one]
        : request.Member("input", JsonValueKind.Array) is { } many && many.EnumerateArray().FirstOrDefault().ValueKind is not JsonValueKind.Number
            ? [.. many.EnumerateArray().Select(item => item.ToString())]
            : [request.Member("input", JsonValueKind.Array)?.ToString() ?? ""];

    private static float[] Vector(string text)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(text));
        return [.. Enumerable.Range(0, Dimensions).Select(at => (hash[at] - 127.5f) / 127.5f)];
    }

    private static void WriteModel(Utf8JsonWriter json, string model)
    {
        json.WriteString("name", model);
        json.WriteString("model", model);
        json.WriteNumber("size", 500_000_000);
        json.WriteString("digest", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(model))));
        WriteDetails(json);
    }

    private static void WriteDetails(Utf8JsonWriter json)
    {
        json.WriteStartObject("details");
        json.WriteString("parent_model", "");
        json.WriteString("format", "gguf");
        json.WriteString("family", "simulated");
        json.WriteStartArray("families");
        json.WriteStringValue("simulated");
        json.WriteEndArray();
        json.WriteString("parameter_size", "0.5B");
        json.WriteString("quantization_level", "Q4_K_M");
        json.WriteEndObject();
    }

    private static async Task WriteAsync(HttpContext http, Action<Utf8JsonWriter> members)
    {
        http.Response.ContentType = "application/json; charset=utf-8";
        var to = new ReplyWriter(http.Response.BodyWriter, null);
        using (var json = new Utf8JsonWriter(to, ReplyWriter.JsonOptions))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        await to.FlushAsync(http.RequestAborted);
    }
}
