using System.Net;
using System.Text.Json;

namespace OrleansLlm.Simulator;

/// <summary>Every address of the server.</summary>
internal sealed class Routes(
    SimulatorOptions options, SimulatorStats stats, FaultList faults, LoadedModels models, Inferences inferences, Catalog catalog,
    OllamaRequests ollama, OpenAiRequests openAi, ResponsesRequests responses, AnthropicRequests anthropic, GeminiRequests gemini, BedrockRequests bedrock)
{
    private long _lastId;

    public void Map(WebApplication app)
    {
        app.Use(HostIsLocalAsync);

        app.MapMethods("/", ["GET", "HEAD"], http => http.Response.WriteAsync("Ollama is running"));
        app.MapGet("/api/version", http => ServeAsync(http, _ => catalog.VersionAsync(http)));
        app.MapGet("/api/tags", http => ServeAsync(http, _ => catalog.TagsAsync(http)));
        app.MapGet("/api/ps", http => ServeAsync(http, _ => catalog.PsAsync(http)));
        app.MapPost("/api/show", http => ServeAsync(http, body => catalog.ShowAsync(http, body)));
        app.MapPost("/api/embed", http => ServeAsync(http, body => catalog.EmbedAsync(http, body)));
        app.MapPost("/api/chat", http => InferAsync(http, OllamaRequests.Parse, ollama.Chat, ask => Ollama(ask, generate: false)));
        app.MapPost("/api/generate", http => InferAsync(http, OllamaRequests.Parse, ollama.Generate, ask => Ollama(ask, generate: true)));

        app.MapGet("/v1/models", http => ServeAsync(http, _ => catalog.ModelsAsync(http)));
        app.MapPost("/v1/embeddings", http => ServeAsync(http, body => catalog.EmbeddingsAsync(http, body)));
        app.MapPost("/v1/chat/completions", http => InferAsync(http, OpenAiRequests.Parse, openAi.Chat, Chat));
        app.MapPost("/v1/completions", http => InferAsync(http, OpenAiRequests.Parse, openAi.Completion, Completion));

        // Azure's have the deployment in the body as well.
        foreach (var path in new[] { "/v1/responses", "/openai/v1/responses", "/openai/responses" })
            app.MapPost(path, http => InferAsync(http, OpenAiRequests.Parse, responses.Create, Response));

        app.MapPost("/v1/messages", http => InferAsync(http, OpenAiRequests.Parse, anthropic.Messages, Message));

        app.MapPost("/model/{model}/converse", http => BedrockAsync(http, stream: false));
        app.MapPost("/model/{model}/converse-stream", http => BedrockAsync(http, stream: true));

        // Gemini's and, with a project before it, Vertex AI's.
        foreach (var root in new[] { "/v1beta", "/v1/projects/{project}/locations/{location}/publishers/google" })
        {
            app.MapGet(root + "/models", http => ServeAsync(http, _ => catalog.GeminiModelsAsync(http)));
            app.MapPost(root + "/models/{call}", http => GeminiAsync(http));
        }

        // Vertex AI's of other makers: Claude and Mistral in the address, all others in the body.
        const string project = "/v1/projects/{project}/locations/{location}";
        app.MapPost(project + "/publishers/anthropic/models/{call}", http => InferAsync(http, OpenAiRequests.Parse, body => anthropic.OnVertex(body, CalledModel(http)), Message));
        app.MapPost(project + "/publishers/mistralai/models/{call}", http => InferAsync(http, OpenAiRequests.Parse, body => openAi.Chat(Named(body, CalledModel(http))), Chat));
        app.MapPost(project + "/endpoints/openapi/chat/completions", http => InferAsync(http, OpenAiRequests.Parse, openAi.Chat, Chat));

        // Azure AI Foundry's: a resource's two doors besides OpenAI's, and a model that is served without a resource.
        app.MapPost("/anthropic/v1/messages", http => InferAsync(http, OpenAiRequests.Parse, anthropic.Messages, Message));
        app.MapPost("/models/chat/completions", http => InferAsync(http, OpenAiRequests.Parse, body => openAi.Chat(Versioned(http, body)), Chat));
        app.MapPost("/chat/completions", http => InferAsync(http, OpenAiRequests.Parse, openAi.Chat, Chat));
        app.MapPost("/embeddings", http => ServeAsync(http, body => catalog.EmbeddingsAsync(http, body)));

        // Azure's, where the model is in the address.
        app.MapPost("/openai/deployments/{model}/chat/completions", http => InferAsync(http, OpenAiRequests.Parse, body => openAi.Chat(WithModel(http, body)), Chat));
        app.MapPost("/openai/deployments/{model}/completions", http => InferAsync(http, OpenAiRequests.Parse, body => openAi.Completion(WithModel(http, body)), Completion));
        app.MapGet("/openai/models", http => ServeAsync(http, _ => catalog.ModelsAsync(http)));
        app.MapPost("/openai/deployments/{model}/embeddings", http => ServeAsync(http, body => catalog.EmbeddingsAsync(http, WithModel(http, body))));

        app.MapGet("/sim/stats", http => http.Response.WriteAsJsonAsync(stats.Snapshot(models.Names), ControlJson.Default.SimulatorSnapshot));
        app.MapPost("/sim/reset", ResetAsync);
        app.MapPost("/sim/faults", AddFaultsAsync);
    }

    private async Task InferAsync(HttpContext http, Func<byte[], JsonDocument> parse, Func<JsonElement, Ask> read, Func<Ask, ReplyFormat> formatOf)
    {
        var fault = faults.Take(http.Request.Path, runsInferences: true, Faults.NoteRequestOnConnection(http));
        try
        {
            var body = await Json.ReadBodyAsync(http.Request);
            Ask ask;
            using (var request = parse(body))
            {
                var asked = read(request.RootElement);
                ask = asked with { Format = asked.Format?.ValueKind == JsonValueKind.Object ? asked.Format.Value.Clone() : asked.Format };
            }

            stats.RequestArrived(ask.Prompt, body);
            await inferences.RunAsync(http, ask, formatOf(ask), fault);
        }
        catch (RefusedException refused)
        {
            await WriteRefusalAsync(http, refused);
        }
        catch (Exception gone) when (http.RequestAborted.IsCancellationRequested && gone is IOException or OperationCanceledException)
        {
        }
    }

    private async Task ServeAsync(HttpContext http, Func<JsonElement, Task> serve)
    {
        var fault = faults.Take(http.Request.Path, runsInferences: false, Faults.NoteRequestOnConnection(http));
        try
        {
            if (fault?.Kind == FaultKind.Hang) await Task.Delay(Timeout.InfiniteTimeSpan, options.Time, http.RequestAborted);
            if (fault is not null && await Faults.BeforeInferenceAsync(http, null, fault)) return;
            if (HttpMethods.IsGet(http.Request.Method))
            {
                await serve(default);
                return;
            }

            using var request = OllamaRequests.Parse(await Json.ReadBodyAsync(http.Request));
            await serve(request.RootElement);
        }
        catch (RefusedException refused)
        {
            await WriteRefusalAsync(http, refused);
        }
        catch (Exception gone) when (http.RequestAborted.IsCancellationRequested && gone is IOException or OperationCanceledException)
        {
        }
    }

    private Task BedrockAsync(HttpContext http, bool stream) =>
        InferAsync(http, body => OpenAiRequests.Parse(AwsAccount.Check(http, body)), body => bedrock.Converse(body, (string)http.Request.RouteValues["model"]!, stream), Conversed);

    private static Task WriteRefusalAsync(HttpContext http, RefusedException refused) => http.Request.Path.Value switch
    {
        { } path when path.StartsWith("/model/", StringComparison.Ordinal) => BedrockFormat.RefuseAsync(http, refused),
        "/v1/messages" or "/anthropic/v1/messages" => AnthropicFormat.WriteErrorAsync(http, refused.Status, refused.Message),
        { } path when path.Contains("/models/", StringComparison.Ordinal) => GeminiFormat.WriteErrorAsync(http, refused.Status, refused.Message),
        { } path when path.StartsWith("/v1", StringComparison.Ordinal) || path.StartsWith("/openai", StringComparison.Ordinal) => OpenAiErrors.WriteAsync(http, refused),
        _ => OllamaFormat.WriteErrorAsync(http, refused.Status, refused.Message),
    };

    /// <summary>The model and what is asked of it stand in the address: <c>models/NAME:streamGenerateContent</c>.</summary>
    private Task GeminiAsync(HttpContext http)
    {
        var call = (string)http.Request.RouteValues["call"]!;
        var colon = call.LastIndexOf(':');
        var (model, verb) = colon < 0 ? (call, "") : (call[..colon], call[(colon + 1)..]);
        return verb switch
        {
            "generateContent" => InferAsync(http, OpenAiRequests.Parse, body => gemini.Generate(body, model, stream: false), Generated),
            "streamGenerateContent" => InferAsync(http, OpenAiRequests.Parse, body => gemini.Generate(body, model, stream: true), Generated),
            "batchEmbedContents" => ServeAsync(http, body => catalog.GeminiEmbedAsync(http, gemini.KnownModel(model), body)),
            "predict" => ServeAsync(http, body => catalog.VertexEmbedAsync(http, gemini.KnownModel(model), body)),
            _ => GeminiFormat.WriteErrorAsync(http, 404, $"models/{call} is not found."),
        };
    }

    private static JsonElement WithModel(HttpContext http, JsonElement body) => Named(Versioned(http, body), (string)http.Request.RouteValues["model"]!);

    private static JsonElement Versioned(HttpContext http, JsonElement body) =>
        http.Request.Query["api-version"].Count > 0 ? body : throw new RefusedException(404, "Resource not found", code: "404");

    private static JsonElement Named(JsonElement body, string model)
    {
        var named = System.Text.Json.Nodes.JsonObject.Create(body.Clone())!;
        named["model"] = model;
        return JsonElement.Parse(named.ToJsonString());
    }

    /// <summary>The part of <c>models/NAME:streamRawPredict</c> that names the model.</summary>
    private static string CalledModel(HttpContext http)
    {
        var call = (string)http.Request.RouteValues["call"]!;
        foreach (var verb in new[] { ":streamRawPredict", ":rawPredict" })
        {
            if (call.EndsWith(verb, StringComparison.Ordinal)) return call[..^verb.Length];
        }

        throw new RefusedException(404, $"models/{call} is not found.");
    }

    private Task ResetAsync(HttpContext http)
    {
        stats.Reset();
        faults.Clear();
        http.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private async Task AddFaultsAsync(HttpContext http)
    {
        try
        {
            faults.Add(await JsonSerializer.DeserializeAsync(http.Request.Body, ControlJson.Default.ListFault, http.RequestAborted) ?? []);
            http.Response.StatusCode = StatusCodes.Status204NoContent;
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            await OllamaFormat.WriteErrorAsync(http, 400, wrong.Message);
        }
    }

    /// <summary>A server bound to a loopback address answers other Host headers with an empty 403 (Ollama's
    /// allowedHostsMiddleware).</summary>
    private Task HostIsLocalAsync(HttpContext http, RequestDelegate next)
    {
        if (IPAddress.TryParse(options.Host, out var bound) && !IPAddress.IsLoopback(bound)) return next(http);
        var host = http.Request.Host.Host;
        var local = host.Length == 0 || IPAddress.TryParse(host.Trim('[', ']'), out _)
            || new[] { "localhost", ".localhost", ".local", ".internal" }.Any(end => host.EndsWith(end, StringComparison.OrdinalIgnoreCase))
            || host.Equals(Environment.MachineName, StringComparison.OrdinalIgnoreCase);
        if (local) return next(http);
        http.Response.StatusCode = StatusCodes.Status403Forbidden;
        return Task.CompletedTask;
    }

    private OllamaFormat Ollama(Ask ask, bool generate) => new(ask, generate, options.Time);

    private OpenAiFormat Chat(Ask ask) => new(ask, NextId("chatcmpl-"), Now());

    private CompletionFormat Completion(Ask ask) => new(ask, NextId("cmpl-"), Now());

    private ResponsesFormat Response(Ask ask) => new(ask, NextId("resp_"), Now());

    private AnthropicFormat Message(Ask ask) => new(ask, NextId("msg_"));

    private GeminiFormat Generated(Ask ask) => new(ask, NextId("resp_"));

    private BedrockFormat Conversed(Ask ask) => new(ask, NextId("sim"));

    private string NextId(string prefix) => $"{prefix}{Interlocked.Increment(ref _lastId)}";

    private long Now() => options.Time.GetUtcNow().ToUnixTimeSeconds();
}
