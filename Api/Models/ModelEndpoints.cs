using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Access;
using OrleansLlm.Api.Anthropic;
using OrleansLlm.Api.Errors;
using OrleansLlm.Catalog;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Models;

/// <summary><c>/v1/models</c> as OpenAI's, <c>/model/info</c> as LiteLLM's. Neither ever shows a key.</summary>
internal sealed class ModelEndpoints(ICatalog catalog, DiscoveredModels models)
{
    /// <summary>LiteLLM's constant: clients compare nothing with it.</summary>
    public const long Created = 1677610602;

    public async Task ListAsync(HttpContext context)
    {
        var names = await models.ListAsync(context);
        await (AnthropicModels.AreAsked(context) ? AnthropicModels.ListAsync(context, names) : JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("object", "list");
            json.WriteStartArray("data");
            foreach (var name in names) WriteModel(json, name);
            json.WriteEndArray();
            json.WriteEndObject();
        }));
    }

    public Task GetAsync(HttpContext context)
    {
        // The server leaves an encoded slash encoded; model names have slashes.
        var id = ((string)context.Request.RouteValues["id"]!).Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        var group = catalog.Current.FindGroup(id);
        if (Identity.Of(context).Rights?.RefuseModel(id, group) is { } denied) throw new RequestException(denied);
        if (group is null) throw new RequestException(ApiError.From(Failure.UnknownModel(id)));
        return JsonAnswer.WriteAsync(context, json =>
        {
            if (AnthropicModels.AreAsked(context)) AnthropicModels.Write(json, id);
            else WriteModel(json, id);
        });
    }

    public Task InfoAsync(HttpContext context)
    {
        var rights = Identity.Of(context).Rights;
        var wanted = context.Request.Query["litellm_model_id"].ToString();
        var deployments = catalog.Current.Groups.Where(g => rights?.RefuseModel(g.Name, g) is null).SelectMany(g => g.Deployments)
            .Where(d => wanted.Length == 0 || d.Id == wanted).ToList();
        if (wanted.Length > 0 && deployments.Count == 0)
        {
            throw new RequestException(ApiError.BadRequest($"No deployment has the id '{wanted}'.", "litellm_model_id"));
        }

        return JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("data");
            foreach (var deployment in deployments) ModelInfo.Write(json, deployment);
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private static void WriteModel(Utf8JsonWriter json, string name)
    {
        json.WriteStartObject();
        json.WriteString("id", name);
        json.WriteString("object", "model");
        json.WriteNumber("created", Created);
        json.WriteString("owned_by", "openai");
        json.WriteEndObject();
    }
}
