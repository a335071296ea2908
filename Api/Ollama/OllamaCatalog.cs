using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Access;
using OrleansLlm.Api.Chat;
using OrleansLlm.Api.Doors;
using OrleansLlm.Api.Errors;
using OrleansLlm.Api.Models;
using OrleansLlm.Api.Requests;
using OrleansLlm.Backends;
using OrleansLlm.Catalog;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Ollama;

/// <summary>The routes of Ollama's by which its models are looked at: all that a key may use looks like the models of one big Ollama.</summary>
internal sealed class OllamaCatalog(RequestBodies bodies, ICatalog catalog, DiscoveredModels models, IGrainFactory grains, TimeProvider time)
{
    /// <summary>
    /// The API that these doors speak. Clients look for a version that has what they need, and none of ours would tell them that.
    /// </summary>
    private const string ApiVersion = "0.13.5";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>How long Ollama keeps a model loaded unless it is told otherwise; nobody tells us when it will go.</summary>
    private static readonly TimeSpan KeepAlive = TimeSpan.FromMinutes(5);

    public static Task VersionAsync(HttpContext context) => JsonAnswer.WriteAsync(context, json =>
    {
        json.WriteStartObject();
        json.WriteString("version", ApiVersion);
        json.WriteEndObject();
    });

    /// <summary>pull, push, create, copy, delete and uploads.</summary>
    public static Task OperatorsAsync(HttpContext context) => throw new RequestException(new ApiError(
        403, "The models of this gateway are managed by its operator: clients can neither add, change nor remove them. See /api/tags for what there is.",
        "invalid_request_error", "managed_by_operator"));

    public async Task TagsAsync(HttpContext context)
    {
        var names = await models.ListAsync(context);
        await JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("models");
            foreach (var name in names)
            {
                json.WriteStartObject();
                WriteModel(json, name);
                WriteDetails(json, Capabilities.Of(new ModelFacts(catalog.Current.FindGroup(name))));
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    public async Task ShowAsync(HttpContext context)
    {
        using var body = ChatScanner.Parse(await bodies.ReadAsync(context));
        var current = catalog.Current;
        var asked = OllamaNames.Known(current, OllamaNames.ModelOf(body.RootElement));
        if (asked.Length == 0) throw new RequestException(ApiError.BadRequest("model is required", "model", "missing_required_parameter"));
        var group = current.FindGroup(asked);
        if (Identity.Of(context).Rights?.RefuseModel(asked, group) is { } denied) throw new RequestException(denied);
        if (group is null) throw new RequestException(ApiError.From(Failure.UnknownModel(asked)));
        var facts = new ModelFacts(group);
        await JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("license", "");
            json.WriteString("modelfile", "");
            json.WriteString("parameters", "");
            json.WriteString("template", "");
            WriteDetails(json, Capabilities.Of(facts));
            json.WriteStartObject("model_info");
            json.WriteString("general.architecture", "gateway");
            json.WriteString("general.basename", asked);
            if (facts.MaxInputTokens is { } most) json.WriteNumber("gateway.context_length", most);
            json.WriteEndObject();
            json.WriteString("modified_at", Modified);
            json.WriteEndObject();
        });
    }

    /// <summary>The models that backends have loaded, by the names that clients know them by.</summary>
    public async Task RunningAsync(HttpContext context)
    {
        var current = catalog.Current;
        var names = ModelList.Of(current, context).ToList();
        var wanted = names.SelectMany(n => current.FindGroup(n)!.Deployments).Select(d => d.Backend).Distinct().ToList();
        var snapshots = (await Task.WhenAll(wanted.Select(SnapshotAsync))).OfType<BackendSnapshot>().ToDictionary(s => s.Name, StringComparer.Ordinal);
        var running = names.Where(n => current.FindGroup(n)!.Deployments.Any(d =>
            snapshots.TryGetValue(d.Backend, out var backend) && backend.ModelsLoaded.Any(loaded => OllamaNames.AreSame(loaded, d.Model)))).ToList();
        await JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("models");
            foreach (var name in running)
            {
                var facts = new ModelFacts(current.FindGroup(name));
                json.WriteStartObject();
                WriteModel(json, name);
                WriteDetails(json, Capabilities.Of(facts));
                json.WriteString("expires_at", (time.GetUtcNow() + KeepAlive).UtcDateTime.ToString("O", CultureInfo.InvariantCulture));
                json.WriteNumber("size_vram", 0);
                if (facts.MaxInputTokens is { } most) json.WriteNumber("context_length", most);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    /// <summary>LiteLLM's constant of /v1/models: clients compare nothing with it.</summary>
    private static string Modified { get; } = DateTimeOffset.FromUnixTimeSeconds(ModelEndpoints.Created).UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    private static void WriteModel(Utf8JsonWriter json, string name)
    {
        json.WriteString("name", name);
        json.WriteString("model", name);
        json.WriteString("modified_at", Modified);
        // Nobody tells; a digest has to tell one model from another.
        json.WriteNumber("size", 0);
        json.WriteString("digest", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name))));
    }

    private static void WriteDetails(Utf8JsonWriter json, IEnumerable<string> capabilities)
    {
        json.WriteStartObject("details");
        json.WriteString("parent_model", "");
        json.WriteString("format", "");
        json.WriteString("family", "gateway");
        json.WriteStartArray("families");
        json.WriteStringValue("gateway");
        json.WriteEndArray();
        json.WriteString("parameter_size", "");
        json.WriteString("quantization_level", "");
        json.WriteEndObject();
        json.WriteStartArray("capabilities");
        foreach (var capability in capabilities) json.WriteStringValue(capability);
        json.WriteEndArray();
    }

    /// <returns>Null: it does not answer, and is left out.</returns>
    private async Task<BackendSnapshot?> SnapshotAsync(string name)
    {
        try
        {
            return await grains.GetGrain<IBackendGrain>(name).GetSnapshotAsync().WaitAsync(Patience, time);
        }
        catch (Exception e) when (e is TimeoutException || LostContact.Is(e))
        {
            return null;
        }
    }
}
